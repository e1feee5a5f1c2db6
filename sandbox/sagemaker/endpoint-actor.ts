import { setTimeout as sleep } from 'node:timers/promises';
import type { Blueprint } from '../fleet/blueprint';
import { STOP_GRACE_MS } from '../fleet/container';
import { FleetFailure } from '../fleet/failure';
import { Fleet } from '../fleet/fleet';
import type { SageMakerContext } from './context';
import { DELAYS } from './delays';
import { currentCounts, currentWeights, desiredCounts, settled, withStage } from './deployment';
import type { EndpointRecord } from './records';
import { Serving } from './serving';
import { Rollback, runUpdate } from './update';

/** Real time between two tries to bring an endpoint back after a restart of the sandbox. */
const RESTORE_RETRY_MS = 5_000;
const FAILURE_REASON_LIMIT = 1024;
const NOT_SERVING: readonly EndpointRecord['status'][] = ['Creating', 'Failed', 'Deleting', 'OutOfService'];

/**
 * The life of one endpoint. Its record says what is to be done, and is written before anything is done, so that a new process
 * carries on from the record alone. Describing an endpoint reads the record; only the actor moves it on, one change at a time.
 */
export class EndpointActor {
  readonly serving: Serving;
  #record: EndpointRecord;
  #blue: Fleet;
  #work: Promise<void> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();
  #isRestoring = false;
  #stopGraceMs = STOP_GRACE_MS;
  readonly #closing = new AbortController();
  /** Fleets on their way out; their processes may take their time. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(
    record: EndpointRecord,
    private readonly context: SageMakerContext,
    private readonly onGone: () => void
  ) {
    this.#record = record;
    this.serving = new Serving(context.fleets.random(`routing/${record.name}`));
    this.#blue = this.#newFleet(record.live.blueprint);
  }

  get record(): EndpointRecord {
    return this.#record;
  }

  /** In all other states the runtime does not know the endpoint. */
  get isServing(): boolean {
    return !NOT_SERVING.includes(this.#record.status);
  }

  /** After a restart of the sandbox, until the first fleet is back: requests are held meanwhile. */
  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  /** Writes the record. From outside: a change that the caller has checked to be allowed, followed by `begin`. */
  become(record: EndpointRecord): void {
    const from = this.#record.status;
    this.#record = { ...record, modifiedMs: this.context.clock.now() };
    this.context.tables.endpoints.put(record.name, this.#record);
    if (from !== record.status)
      this.#journal({
        from,
        to: record.status,
        ...(record.failureReason === undefined ? {} : { reason: record.failureReason }),
      });
  }

  /** Does what the record says: a change just asked for, or one that a former process left undone. */
  begin(options: { readonly isRestart: boolean }): void {
    this.#work = this.#work
      .then(() => this.#run(options.isRestart))
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.context.onInternalError(error, `endpoint ${this.#record.name}`);
      });
  }

  /** Ends the processes and leaves the record as it is: the sandbox is stopping. */
  async close(graceMs: number): Promise<void> {
    this.#stopGraceMs = graceMs;
    this.#closing.abort();
    const fleets = new Set([this.#blue, ...this.serving.shares.map((share) => share.fleet)]);
    await Promise.all([...fleets].map((fleet) => fleet.stop(graceMs)));
    await Promise.all([this.#work, this.#restored, ...this.#leaving]);
  }

  async #run(isRestart: boolean): Promise<void> {
    if (isRestart && this.isServing) this.#restored = this.#restore().finally(() => (this.#isRestoring = false));
    switch (this.#record.status) {
      case 'Creating':
        return this.#create();
      case 'Updating':
        await this.#restored;
        return this.#record.pending ? this.#update() : this.#rescale();
      case 'RollingBack':
        await this.#restored;
        return this.#settleRollback();
      case 'Deleting':
        return this.#delete();
      default:
        return;
    }
  }

  async #create(): Promise<void> {
    const { live } = this.#record;
    this.become({ ...this.#record, live: withStage(live, 'Creating', this.context.clock.now()) });
    try {
      await Promise.all([this.#wait(DELAYS.provisionMs), this.#blue.start(desiredCounts(live))]);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#retire(this.#blue);
      this.become({ ...this.#record, live, status: 'Failed', failureReason: this.#reasonOf(error) });
      return;
    }
    const ready = settled(live);
    this.#blue.setWeights(currentWeights(ready));
    this.serving.set([{ fleet: this.#blue, share: 1 }]);
    this.become({ ...this.#record, status: 'InService', live: ready });
  }

  /** Traffic is accepted at once and held by the runtime until the first instance is back. */
  async #restore(): Promise<void> {
    this.#isRestoring = true;
    const fleet = this.#blue;
    const { live } = this.#record;
    fleet.setWeights(currentWeights(live));
    this.serving.set([{ fleet, share: 1 }]);
    while (!this.#closing.signal.aborted && !fleet.isStopped) {
      try {
        return await fleet.start(currentCounts(live));
      } catch (error) {
        if (this.#closing.signal.aborted || fleet.isStopped) return;
        this.#journal({ to: 'not restored', reason: this.#reasonOf(error) });
        await sleep(RESTORE_RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  async #update(): Promise<void> {
    const { pending, live } = this.#record;
    if (!pending) return;
    const { context, serving } = this;
    const blue = this.#blue;
    const green = this.#newFleet(pending.blueprint);
    try {
      await runUpdate({
        ...{ pending, live, blue, green, serving, context, signal: this.#closing.signal },
        onStage: (status) => this.become({ ...this.#record, pending: withStage(pending, status, context.clock.now()) }),
      });
    } catch (error) {
      if (this.#closing.signal.aborted) return green.stop(this.#stopGraceMs);
      return this.#rollBack(green, error);
    }
    this.#blue = green;
    await blue.drain();
    this.#retire(blue);
    const { pending: _done, failureReason: _old, ...kept } = this.#record;
    this.become({
      ...kept,
      status: 'InService',
      live: settled(pending),
      ...(pending.config ? { lastDeploymentConfig: pending.config } : {}),
    });
  }

  async #rollBack(green: Fleet, error: unknown): Promise<void> {
    const reason = this.#reasonOf(error);
    const hadTraffic = this.serving.shares.some((share) => share.fleet === green);
    this.#journal({ to: 'rolling back', reason });
    if (hadTraffic) this.become({ ...this.#record, status: 'RollingBack' });
    // From here on a restart finds no update to carry on with: it comes back on the old configuration.
    const { pending: _dropped, ...kept } = this.#record;
    const failed = { ...kept, failureReason: this.context.knobs.isRollbackSilent ? '' : reason };
    try {
      // A rolling update has taken instances out of the old fleet; they come back before the traffic does.
      await this.#blue.scaleTo(currentCounts(this.#record.live));
    } catch (cause) {
      if (this.#closing.signal.aborted) return green.stop(this.#stopGraceMs);
      this.become({ ...failed, status: 'UpdateRollbackFailed', failureReason: this.#reasonOf(cause) });
      return;
    }
    this.serving.set([{ fleet: this.#blue, share: 1 }]);
    await green.drain();
    this.#retire(green);
    this.become({ ...failed, status: 'RollingBack' });
    await this.#settleRollback();
  }

  /** A rollback ends where it began: in service on the old configuration. Callers that look at the status alone see success. */
  async #settleRollback(): Promise<void> {
    await this.#wait(DELAYS.rollBackMs);
    const { pending: _dropped, ...kept } = this.#record;
    this.become({ ...kept, status: 'InService', live: settled(kept.live) });
  }

  async #rescale(): Promise<void> {
    const { live } = this.#record;
    const grows = live.variants.some((variant) => variant.desiredCount > variant.currentCount);
    try {
      await Promise.all([
        this.#wait(grows ? DELAYS.provisionMs : DELAYS.weightsMs),
        this.#blue.scaleTo(desiredCounts(live)),
      ]);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const variants = live.variants.map((variant) => ({
        ...variant,
        desiredWeight: variant.currentWeight,
        desiredCount: variant.currentCount,
      }));
      this.become({
        ...this.#record,
        status: 'RollingBack',
        failureReason: this.#reasonOf(error),
        live: { ...live, variants },
      });
      await this.#blue.scaleTo(currentCounts(live));
      return this.#settleRollback();
    }
    const { failureReason: _old, ...kept } = this.#record;
    const done = settled(live);
    this.#blue.setWeights(currentWeights(done));
    this.become({ ...kept, status: 'InService', live: done });
  }

  async #delete(): Promise<void> {
    this.serving.set([]);
    await this.#blue.drain();
    this.#retire(this.#blue);
    await this.#wait(DELAYS.deleteMs);
    this.context.tables.endpoints.remove(this.#record.name);
    this.context.tables.tags.remove(this.#record.arn);
    this.#journal({ from: 'Deleting', to: 'gone' });
    this.onGone();
  }

  #newFleet(blueprint: Blueprint): Fleet {
    return new Fleet(this.#record.name, blueprint, this.context.fleets);
  }

  #retire(fleet: Fleet): void {
    const gone = fleet
      .stop(this.#stopGraceMs)
      .catch((error: unknown) => this.context.onInternalError(error, `stopping a fleet of ${this.#record.name}`));
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }

  #reasonOf(error: unknown): string {
    if (error instanceof FleetFailure || error instanceof Rollback) return error.message.slice(0, FAILURE_REASON_LIMIT);
    this.context.onInternalError(error, `endpoint ${this.#record.name}`);
    return 'An internal error of the sandbox ended the deployment.';
  }

  #journal(event: { readonly from?: string; readonly to: string; readonly reason?: string }): void {
    this.context.journal.record({ kind: 'endpoint', resource: this.#record.name, ...event });
  }

  #wait(providerMs: number): Promise<void> {
    return this.context.clock.wait(providerMs, this.#closing.signal);
  }
}
