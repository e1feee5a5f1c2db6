import type { Knobs } from '../knobs/knobs';
import type { Dimensions, MetricSink } from '../ports';
import type { ModelUse } from '../fleet/model-cache';
import type { VariantFleet } from '../fleet/variant-fleet';

export interface Observation {
  /** Status of the container; 0 when it gave no answer. */
  readonly status: number;
  readonly modelLatencyMs: number;
  readonly overheadLatencyMs: number;
  /** Of a multi-model container. */
  readonly use?: ModelUse;
  /** The container that a direct invocation named. */
  readonly container?: string;
}

interface Noted extends Observation {
  readonly variant: VariantFleet;
  readonly instances: number;
  readonly atMs: number;
}

/** Metrics leave the request's path at once and reach CloudWatch in batches, this much later at most. */
const BATCH_MS = 200;
const NAMESPACE = 'AWS/SageMaker';
const INSTANCE_NAMESPACE = '/aws/sagemaker/Endpoints';

/** Publishes SageMaker's per-request metrics, by variant and by variant and endpoint configuration. */
export class InvocationMetrics {
  #noted: Noted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #dimensions = new WeakMap<VariantFleet, readonly Dimensions[]>();

  constructor(
    private readonly sink: MetricSink,
    private readonly clock: { now(): number },
    private readonly knobs: Pick<Knobs, 'directMetrics'>
  ) {}

  observe(variant: VariantFleet, observation: Observation): void {
    if (this.#isClosed) return;
    this.#noted.push({
      ...observation,
      variant,
      instances: Math.max(1, variant.instances.length),
      atMs: this.clock.now(),
    });
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  /** The first part of a streamed answer has come: times since the request came in, and since it was sent to the container. */
  firstPart(variant: VariantFleet, at: { readonly sinceMs: number; readonly sentMs: number }): void {
    const nowMs = performance.now();
    this.#putAll(variant, 'FirstChunkLatency', {
      value: Math.round((nowMs - at.sinceMs) * 1000),
      unit: 'Microseconds',
    });
    this.#putAll(variant, 'FirstChunkModelLatency', {
      ...{ value: Math.round((nowMs - at.sentMs) * 1000), unit: 'Microseconds' },
    });
  }

  /** An instance of a serverless variant was started for a request. */
  modelSetup(variant: VariantFleet, ms: number): void {
    this.#putAll(variant, 'ModelSetupTime', { value: Math.round(ms * 1000), unit: 'Microseconds' });
  }

  midStreamError(variant: VariantFleet): void {
    this.#putAll(variant, 'MidStreamErrors', { value: 1, unit: 'None' });
  }

  #putAll(variant: VariantFleet, name: string, datum: { readonly value: number; readonly unit: string }): void {
    if (this.#isClosed) return;
    for (const dimensions of this.#dimensionsOf(variant))
      this.sink.put({ namespace: NAMESPACE, name, dimensions, ...datum, atMs: this.clock.now() });
  }

  /** Hands over everything that was observed so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const noted = this.#noted;
    this.#noted = [];
    for (const one of noted) this.#publish(one);
  }

  /** Hands over what was observed, and nothing of what comes later: the sandbox is stopping. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #publish(one: Noted): void {
    const { directMetrics } = this.knobs;
    if (one.container !== undefined && directMetrics !== 'variant') this.#publishContainer(one, one.container);
    if (one.use) this.#publishModels(one, one.use);
    if (one.container !== undefined && directMetrics === 'container') return;
    for (const dimensions of this.#dimensionsOf(one.variant)) {
      const put = (name: string, value: number, unit: 'None' | 'Microseconds') =>
        this.sink.put({ namespace: NAMESPACE, name, dimensions, value, unit, atMs: one.atMs });
      put('Invocations', 1, 'None');
      put('InvocationsPerInstance', 1 / one.instances, 'None');
      // Errors are sent as 0 on success, so that their average is a rate.
      put('Invocation4XXErrors', one.status >= 400 && one.status < 500 ? 1 : 0, 'None');
      put('Invocation5XXErrors', one.status >= 500 || one.status === 0 ? 1 : 0, 'None');
      put('InvocationModelErrors', one.status < 200 || one.status > 299 ? 1 : 0, 'None');
      put('ModelLatency', Math.round(one.modelLatencyMs * 1000), 'Microseconds');
      put('OverheadLatency', Math.round(one.overheadLatencyMs * 1000), 'Microseconds');
    }
  }

  /** Of a direct invocation, by its container. */
  #publishContainer(one: Noted, container: string): void {
    const [base] = this.#dimensionsOf(one.variant);
    const dimensions = { ...base, ContainerName: container };
    const put = (name: string, value: number, unit: 'None' | 'Microseconds') =>
      this.sink.put({ namespace: NAMESPACE, name, dimensions, value, unit, atMs: one.atMs });
    put('Invocations', 1, 'None');
    put('Invocation4XXErrors', one.status >= 400 && one.status < 500 ? 1 : 0, 'None');
    put('Invocation5XXErrors', one.status >= 500 || one.status === 0 ? 1 : 0, 'None');
    put('ContainerLatency', Math.round(one.modelLatencyMs * 1000), 'Microseconds');
  }

  /** Of a multi-model endpoint; how many models an instance holds is told when it changes. */
  #publishModels(one: Noted, use: ModelUse): void {
    const [dimensions] = this.#dimensionsOf(one.variant);
    if (!dimensions) return;
    const put = (name: string, value: number, unit: 'None' | 'Microseconds') =>
      this.sink.put({ namespace: NAMESPACE, name, dimensions, value, unit, atMs: one.atMs });
    const time = (name: string, ms: number | undefined) =>
      ms === undefined ? undefined : put(name, Math.round(ms * 1000), 'Microseconds');
    put('ModelCacheHit', use.isHit ? 1 : 0, 'None');
    time('ModelLoadingWaitTime', use.isHit ? 0 : use.waitMs);
    time('ModelDownloadingTime', use.downloadMs);
    time('ModelLoadingTime', use.loadMs);
    for (const ms of use.unloadMs) time('ModelUnloadingTime', ms);
    if (!use.isHit)
      this.sink.put({
        ...{ namespace: INSTANCE_NAMESPACE, name: 'LoadedModelCount', dimensions },
        ...{ value: use.loadedCount, unit: 'None', atMs: one.atMs },
      });
  }

  /** The same objects for every request, so that a sink may recognise them by identity. */
  #dimensionsOf(variant: VariantFleet): readonly Dimensions[] {
    const known = this.#dimensions.get(variant);
    if (known) return known;
    const base = { EndpointName: variant.owner.endpointName, VariantName: variant.name };
    const made = [base, { ...base, EndpointConfigName: variant.owner.configName }];
    this.#dimensions.set(variant, made);
    return made;
  }
}
