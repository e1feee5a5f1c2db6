import { WaitAborted } from '../../engine/clock';
import { shadowWeight } from '../../runtime/shadow-share';
import type { SageMakerContext } from '../context';
import type { ConfigRecord } from '../records';
import { shadowConfig } from './configs';
import type { EndpointCalls, Outcome } from './endpoint-change';
import { bringTo, bringWeight, disturbance } from './endpoint-change';
import { scheduledEnding, standing } from './ending';
import type { Ending, ExperimentRecord } from './records';
import { OVER, samplingPct, variantNames } from './records';
import { waitUntil } from './wait-until';

const REASON_LIMIT = 1024;

/**
 * The life of one inference experiment. As with endpoints its record says what is to be done and is written first, so that a new
 * process carries on from the record alone.
 */
export class ExperimentActor {
  #record: ExperimentRecord;
  #work: Promise<void> = Promise.resolve();
  /** Aborts when a call has changed the record, so that what is waited for is looked at again. */
  #nudge = new AbortController();
  readonly #closing = new AbortController();

  constructor(
    record: ExperimentRecord,
    private readonly context: SageMakerContext,
    private readonly calls: EndpointCalls
  ) {
    this.#record = record;
  }

  get record(): ExperimentRecord {
    return this.#record;
  }

  /** Writes the record and goes on from it. From outside: a change that the caller has checked to be allowed. */
  become(record: ExperimentRecord): void {
    const from = this.#record.status;
    this.#record = { ...record, modifiedMs: this.context.clock.now() };
    this.context.tables.experiments.put(record.name, this.#record);
    if (from !== record.status) {
      const reason = record.statusReason === undefined ? {} : { reason: record.statusReason };
      this.context.journal.record({
        kind: 'inferenceExperiment',
        resource: record.name,
        from,
        to: record.status,
        ...reason,
      });
    }
    this.#nudge.abort();
    this.#nudge = new AbortController();
  }

  begin(): void {
    this.#work = this.#run().catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        this.context.onInternalError(error, `inference experiment ${this.#record.name}`);
    });
  }

  /** Leaves the record as it is: the sandbox is stopping, or the experiment was deleted. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    while (!OVER.includes(this.#record.status) && !this.#closing.signal.aborted) await this.#step();
  }

  async #step(): Promise<void> {
    switch (this.#record.status) {
      case 'Creating': {
        await this.context.clock.wait(this.context.knobs.experimentMs, this.#closing.signal);
        const isDue = this.#record.startMs <= this.context.clock.now();
        return this.become({ ...this.#record, status: isDue ? 'Starting' : 'Created' });
      }
      case 'Created':
        if (await this.#isDue(this.#record.startMs)) this.become({ ...this.#record, status: 'Starting' });
        return;
      case 'Starting':
        return this.#start();
      case 'Running':
        return this.#watch();
      case 'Updating':
        return this.#update();
      case 'Stopping':
        return this.#stop();
      default:
        return;
    }
  }

  async #start(): Promise<void> {
    const configs = this.#record.configs ?? this.#configsNow();
    if (typeof configs === 'string')
      return this.#end({ state: 'Cancelled', reason: configs, removed: [], variants: this.#record.variants });
    if (!this.#record.configs) this.become({ ...this.#record, configs });
    const outcome = await this.#bring(configs.shadow);
    const { isAsked: _asked, ...record } = this.#record;
    if (outcome.kind === 'done') return this.become({ ...record, status: 'Running' });
    // The endpoint has gone back to what it had by itself, or was never touched.
    const removed = [variantNames(record).shadow];
    this.#end({ state: 'Cancelled', reason: outcome.reason, removed, variants: record.variants });
  }

  /** The endpoint as it is now, and as it will be; a sentence where the experiment does not fit it any more. */
  #configsNow(): NonNullable<ExperimentRecord['configs']> | string {
    const found = standing(this.context, this.calls.registry.get(this.#record.endpointName)?.record, this.#record);
    if ('refusal' in found) return found.refusal;
    return { original: found.config, shadow: shadowConfig(this.context, this.#record, found.config) };
  }

  /** Waits for the scheduled end, a call, or a change of the endpoint from outside, whichever comes first. */
  async #watch(): Promise<void> {
    const { endpointName } = this.#record;
    const trouble = this.#disturbance();
    if (trouble !== undefined)
      return this.#end({ state: 'Cancelled', reason: trouble, removed: [], variants: this.#record.variants });
    const looked = new AbortController();
    const signal = AbortSignal.any([looked.signal, this.#nudge.signal, this.#closing.signal]);
    const changed = this.calls.registry.whenChanged(endpointName, signal).then(() => false);
    const isDue = await Promise.race([this.#isDue(this.#record.endMs, looked.signal), changed]);
    looked.abort();
    if (isDue && this.#record.status === 'Running')
      this.become({ ...this.#record, status: 'Stopping', ending: scheduledEnding(this.#record) });
  }

  async #update(): Promise<void> {
    const { configs, endpointName } = this.#record;
    if (!configs) {
      await this.context.clock.wait(this.context.knobs.experimentMs, this.#closing.signal);
      return this.become({ ...this.#record, status: 'Created' });
    }
    const { production, shadow } = variantNames(this.#record);
    const outcome = await bringWeight(this.calls, {
      endpointName,
      variantName: shadow,
      weight: (live) =>
        shadowWeight(this.context.knobs.shadowSampling, {
          production: live.variants.find(({ name }) => name === production)?.desiredWeight ?? 1,
          pct: samplingPct(this.#record),
        }),
      signal: this.#closing.signal,
    });
    if (outcome.kind === 'done') return this.become({ ...this.#record, status: 'Running' });
    const ending = { ...scheduledEnding(this.#record), state: 'Cancelled', reason: outcome.reason } as const;
    this.become({ ...this.#record, status: 'Stopping', ending });
  }

  async #stop(): Promise<void> {
    const { ending = scheduledEnding(this.#record), configs, endpointName } = this.#record;
    const { config } = ending;
    if (!configs || !config) return this.#end(ending);
    const now = this.calls.registry.get(endpointName)?.record;
    const isBegun = this.#record.isAsked || now?.live.blueprint.configName === config.name;
    const trouble = isBegun ? undefined : this.#disturbance();
    const outcome: Outcome = trouble === undefined ? await this.#bring(config) : { kind: 'failed', reason: trouble };
    if (outcome.kind === 'done') return this.#end(ending);
    this.#end({ state: 'Cancelled', reason: outcome.reason, removed: [], variants: this.#record.variants });
  }

  #disturbance(): string | undefined {
    const { configs, endpointName } = this.#record;
    const isStrict = this.context.knobs.changedEndpoint === 'cancels';
    const endpoint = this.calls.registry.get(endpointName)?.record;
    return disturbance(endpoint, { endpointName, ...(configs && isStrict ? { configName: configs.shadow.name } : {}) });
  }

  async #bring(config: ConfigRecord): Promise<Outcome> {
    // It may be new, and one that was there may have been deleted from under the endpoint.
    if (!this.context.tables.configs.get(config.name)) this.context.tables.configs.put(config.name, config);
    return bringTo(this.calls, {
      endpointName: this.#record.endpointName,
      config,
      isAsked: () => this.#record.isAsked === true,
      onAsked: () => this.become({ ...this.#record, isAsked: true }),
      signal: this.#closing.signal,
    });
  }

  #end(ending: Ending): void {
    const { isAsked: _asked, statusReason: _former, ...record } = this.#record;
    const nowMs = this.context.clock.now();
    const reason = ending.reason === undefined ? {} : { statusReason: ending.reason.slice(0, REASON_LIMIT) };
    const { state: status, variants } = ending;
    this.become({ ...record, ...reason, status, variants, ending, endMs: nowMs, completedMs: nowMs });
    const { configs, endpointName } = record;
    const live = this.calls.registry.get(endpointName)?.record.live.blueprint.configName;
    if (configs && live !== configs.shadow.name && this.context.knobs.experimentConfigs === 'deleted')
      this.context.tables.configs.remove(configs.shadow.name);
  }

  /** Waits until the clock shows this; `false` when it was ended before. */
  async #isDue(atMs: number, until?: AbortSignal): Promise<boolean> {
    const signals = [this.#nudge.signal, this.#closing.signal, ...(until ? [until] : [])];
    try {
      await waitUntil(this.context.clock, atMs, AbortSignal.any(signals));
      return true;
    } catch (error) {
      if (error instanceof WaitAborted) return false;
      throw error;
    }
  }
}
