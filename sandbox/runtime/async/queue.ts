import type { SettableClock } from '../../engine/clock';
import type { Instance } from '../../fleet/instance';
import type { VariantFleet } from '../../fleet/variant-fleet';
import type { EndpointActor } from '../../sagemaker/endpoint-actor';
import type { Notifications, Outcome } from './notifications';
import type { ProcessContext } from './process';
import { process, storeFailure, UNSEEN } from './process';
import type { AsyncRecord, AsyncTables } from './records';

/** How often gauges are told and the queue is looked at, in provider time, and never more often than this in real time. */
const TICK_MS = 10_000;
const MIN_TICK_REAL_MS = 200;
/** While requests wait for an instance, in real time. */
const POLL_MS = 50;

/** Accepted requests of asynchronous endpoints, in the order of their acceptance. Each is in the store until it is answered. */
export class AsyncQueue {
  #waiting: AsyncRecord[];
  #sequence: number;
  #poll: NodeJS.Timeout | undefined;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, { readonly record: AsyncRecord; readonly done: Promise<void> }>();
  readonly #busy = new WeakMap<Instance, number>();
  #ticking: Promise<void> = Promise.resolve();

  constructor(
    private readonly tables: AsyncTables,
    private readonly options: ProcessContext & {
      readonly clock: SettableClock;
      readonly notifications: Notifications;
      /** Every endpoint, whatever its state. */
      readonly endpoints: () => readonly EndpointActor[];
      readonly onError: (error: unknown, where: string) => void;
    }
  ) {
    this.#waiting = [...tables.requests.all()].sort((a, b) => a.sequence - b.sequence);
    this.#sequence = Math.max(0, ...this.#waiting.map(({ sequence }) => sequence));
  }

  /** Begins to answer what a former process left, and to tell the gauges. */
  start(): void {
    this.#ticking = this.#tick();
    this.#pump();
  }

  /** Returns when the request would survive the death of this process. */
  accept(request: Omit<AsyncRecord, 'sequence'>): void {
    this.#sequence += 1;
    const record = { ...request, sequence: this.#sequence };
    this.tables.requests.put(record.id, record);
    this.#waiting.push(record);
    this.#pump();
  }

  /** Takes nothing new up. What is under way ends with its container, and stays in the store. */
  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#poll);
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all([this.#ticking, ...[...this.#running.values()].map(({ done }) => done)]);
  }

  #pump(): void {
    clearTimeout(this.#poll);
    this.#poll = undefined;
    if (this.#stop.signal.aborted) return;
    const actors = new Map(this.options.endpoints().map((actor) => [actor.record.name, actor]));
    this.#waiting = this.#waiting.filter((record) => !this.#takeUp(record, actors.get(record.request.endpointName)));
    if (this.#waiting.length > 0) this.#poll = setTimeout(() => this.#pump(), POLL_MS);
  }

  /** `true` when the request needs not wait any longer. */
  #takeUp(record: AsyncRecord, actor: EndpointActor | undefined): boolean {
    if (actor?.record.createdMs !== record.endpointCreatedMs) {
      this.tables.requests.remove(record.id);
      return true;
    }
    const variant = actor.isServing ? actor.serving.route(undefined) : undefined;
    if (this.options.clock.now() >= record.expiresMs) {
      this.#begin(record, () => this.#expire(record, variant));
      return true;
    }
    const instance = variant && this.#free(variant);
    if (!variant || !instance) return false;
    this.#begin(record, () => this.#answer(record, variant, instance));
    return true;
  }

  #free(variant: VariantFleet): Instance | undefined {
    const most = variant.owner.asynchronous?.perInstance ?? 1;
    const busy = (instance: Instance) => this.#busy.get(instance) ?? 0;
    return variant.instances
      .filter((instance) => instance.isServing && busy(instance) < most)
      .sort((a, b) => busy(a) - busy(b))[0];
  }

  #begin(record: AsyncRecord, work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => {
        // The request stays in the store: the next start tries again.
        if (!this.#stop.signal.aborted)
          this.options.onError(error, `asynchronous request ${record.id} to ${record.request.endpointName}`);
      })
      .finally(() => {
        this.#running.delete(record.id);
        this.#pump();
      });
    this.#running.set(record.id, { record, done });
  }

  async #answer(record: AsyncRecord, variant: VariantFleet, instance: Instance): Promise<void> {
    const { asyncMetrics, clock } = this.options;
    const names = { endpointName: record.request.endpointName, variantName: variant.name };
    asyncMetrics.variant(names, { name: 'TimeInBacklog', ms: Math.max(0, clock.now() - record.receivedMs) });
    instance.acquire();
    this.#busy.set(instance, (this.#busy.get(instance) ?? 0) + 1);
    let outcome: Outcome | typeof UNSEEN;
    try {
      outcome = await process(this.options, record, { variant, instance });
    } finally {
      this.#busy.set(instance, (this.#busy.get(instance) ?? 1) - 1);
      instance.release();
    }
    if (outcome === UNSEEN) return void this.#waiting.unshift(record);
    if (outcome.kind === 'failed') {
      // Containers end with the sandbox: their silence is no failure of the request, which the next start answers.
      if (this.#stop.signal.aborted) return;
      asyncMetrics.variant(names, { name: 'InvocationFailures' });
    }
    await this.#conclude(record, outcome);
  }

  async #expire(record: AsyncRecord, variant: VariantFleet | undefined): Promise<void> {
    const { endpointName } = record.request;
    if (variant)
      this.options.asyncMetrics.variant({ endpointName, variantName: variant.name }, { name: 'ExpiredRequests' });
    const seconds = (record.expiresMs - record.receivedMs) / 1000;
    const reason = `The request was not begun within its time to live of ${seconds} seconds and has expired.`;
    await this.#conclude(record, { kind: 'failed', reason });
  }

  async #conclude(record: AsyncRecord, outcome: Outcome): Promise<void> {
    const { objects, notifications } = this.options;
    if (outcome.kind === 'failed') await storeFailure(objects, record, outcome);
    notifications.publish(record, outcome);
    this.tables.requests.remove(record.id);
    this.#tell(record.request.endpointName);
  }

  async #tick(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await clock.wait(Math.max(TICK_MS, MIN_TICK_REAL_MS * clock.speed), signal);
      } catch {
        // The one reason for a wait to fail is that it was ended, by us or by the clock's own end.
        return;
      }
      for (const { record } of this.options.endpoints()) this.#tell(record.name);
      this.#pump();
    }
  }

  #tell(endpointName: string): void {
    const actor = this.options.endpoints().find(({ record }) => record.name === endpointName);
    if (!actor?.isServing || !actor.record.live.blueprint.asynchronous) return;
    const isOwn = ({ request }: AsyncRecord) => request.endpointName === endpointName;
    const waiting = this.#waiting.filter(isOwn);
    const running = [...this.#running.values()].map(({ record }) => record).filter(isOwn);
    const oldest = [...running, ...waiting].sort((a, b) => a.sequence - b.sequence)[0];
    this.options.asyncMetrics.backlog({
      endpointName,
      size: waiting.length + running.length,
      instances: actor.record.live.variants.reduce((sum, { currentCount }) => sum + currentCount, 0),
      ...(oldest ? { oldestMs: oldest.receivedMs } : {}),
    });
  }
}
