import { setTimeout as sleep } from 'node:timers/promises';
import { FleetFailure } from '../fleet/failure';
import type { SageMakerContext } from './context';
import { assertCapacity } from './capacity';
import { currentCounts, currentWeights, desiredCounts, settled, withStage } from './deployment';
import { EndpointFleets } from './endpoint-fleets';
import type { EndpointRecord } from './records';
import { rollBack } from './roll-back';
import { Serving } from './serving';
import { Rollback, rolloutPlan, runUpdate } from './update';

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
  #work: Promise<void> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();
  #isRestoring = false;
  readonly #fleets: EndpointFleets;
  readonly #closing = new AbortController();

  constructor(
    record: EndpointRecord,
    private readonly context: SageMakerContext,
    private readonly events: { readonly onChange: () => void; readonly onGone: () => void }
  ) {
    this.#record = record;
    this.serving = new Serving(context.fleets.random(`routing/${record.name}`), context.knobs);
    this.#fleets = new EndpointFleets(record, context);
  }

  get record(): EndpointRecord {
    return this.#record;
  }

  /** In all other states the runtime does not know the endpoint. */
  get isServing(): boolean {
    return !NOT_SERVING.includes(this.#record.status);
  }

  /** After a restart of the sandbox, until the fleets are back: requests are held meanwhile. */
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
    this.events.onChange();
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
    this.#closing.abort();
    await this.#fleets.close(
      graceMs,
      this.serving.shares.map(({ fleet }) => fleet)
    );
    await Promise.all([this.#work, this.#restored]);
    await this.#fleets.gone();
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
    const [{ fleet }] = this.#fleets.current;
    this.become({ ...this.#record, live: withStage(live, 'Creating', this.context.clock.now()) });
    try {
      assertCapacity(this.context, { operation: 'CreateEndpoint', endpointName: this.#record.name, deployment: live });
      await Promise.all([
        this.#wait(this.context.knobs.provisionMs).then(() => this.#stuck('CreateEndpoint')),
        fleet.start(desiredCounts(live)),
      ]);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#fleets.retire(fleet);
      this.become({ ...this.#record, live, status: 'Failed', failureReason: this.#reasonOf(error) });
      return;
    }
    const ready = settled(live);
    fleet.setWeights(currentWeights(ready));
    this.#fleets.replace({ fleet, share: 1, deployment: ready });
    this.serving.set(this.#fleets.current);
    this.become({ ...this.#record, status: 'InService', live: ready });
  }

  /** Traffic is accepted at once and held by the runtime until the first instance is back. */
  async #restore(): Promise<void> {
    this.#isRestoring = true;
    for (const { fleet, deployment } of this.#fleets.current) fleet.setWeights(currentWeights(deployment));
    this.serving.set(this.#fleets.current);
    await Promise.all(
      this.#fleets.current.map(async ({ fleet, deployment }) => {
        while (!this.#closing.signal.aborted && !fleet.isStopped) {
          try {
            return await fleet.start(currentCounts(deployment));
          } catch (error) {
            if (this.#closing.signal.aborted || fleet.isStopped) return;
            this.#journal({ to: 'not restored', reason: this.#reasonOf(error) });
            await sleep(RESTORE_RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
          }
        }
      })
    );
  }

  async #update(): Promise<void> {
    const { pending, live } = this.#record;
    if (!pending) return;
    const { context, serving } = this;
    const old = this.#fleets.current;
    const green = this.#fleets.make(pending.blueprint);
    const run = {
      ...{ endpointName: this.#record.name, pending, old, green, serving, context, signal: this.#closing.signal },
      onPending: (next: typeof pending) => this.become({ ...this.#record, pending: next }),
      onTerminating: () => this.become({ ...this.#record, live: withStage(live, 'Deleting', context.clock.now()) }),
    };
    try {
      await runUpdate(run);
    } catch (error) {
      if (this.#closing.signal.aborted) return this.#fleets.retire(green);
      const isMixed = await rollBack(run, {
        reason: this.#reasonOf(error),
        record: () => this.#record,
        become: (record) => this.become(record),
        journal: (event) => this.#journal(event),
        fleets: this.#fleets,
        reasonOf: (cause) => this.#reasonOf(cause),
      });
      return isMixed ? undefined : this.#settleRollback();
    }
    const done = settled(pending);
    this.#fleets.replace({ fleet: green, share: 1, deployment: done });
    await Promise.all(old.map(({ fleet }) => fleet.drain()));
    const isEarly = context.knobs.inServiceAfter === 'trafficShift';
    const after = isEarly ? this.#wait(rolloutPlan(pending).terminationWaitMs) : undefined;
    for (const { fleet } of old) this.#fleets.retire(fleet, after);
    const { pending: _done, failureReason: _old, mixed: _mended, ...kept } = this.#record;
    this.become({
      ...kept,
      status: 'InService',
      live: done,
      ...(pending.config ? { lastDeploymentConfig: pending.config } : {}),
    });
  }

  /**
   * A rollback ends where it began: in service on the old configuration, or in the mix that a former rollback left. Callers that look
   * at the status alone see success.
   */
  async #settleRollback(): Promise<void> {
    await this.#wait(this.context.knobs.rollBackMs);
    await this.#stuck('UpdateEndpoint');
    const { pending: _dropped, ...kept } = this.#record;
    const status = kept.mixed ? 'UpdateRollbackFailed' : 'InService';
    this.become({ ...kept, status, live: kept.mixed ? kept.live : settled(kept.live) });
  }

  async #rescale(): Promise<void> {
    const { live, name: endpointName } = this.#record;
    const [{ fleet, share }, ...others] = this.#fleets.current;
    const { provisionMs, weightsMs } = this.context.knobs;
    const operation = 'UpdateEndpointWeightsAndCapacities';
    const grows = live.variants.some((variant) => variant.desiredCount > variant.currentCount);
    try {
      if (grows) assertCapacity(this.context, { operation, endpointName, deployment: live });
      await Promise.all([
        this.#wait(grows ? provisionMs : weightsMs).then(() => this.#stuck(operation)),
        fleet.scaleTo(desiredCounts(live)),
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
      await fleet.scaleTo(currentCounts(live));
      return this.#settleRollback();
    }
    const { failureReason: _old, ...kept } = this.#record;
    const done = settled(live);
    fleet.setWeights(currentWeights(done));
    this.#fleets.replace({ fleet, share, deployment: done }, ...others);
    this.become({ ...kept, status: kept.mixed ? 'UpdateRollbackFailed' : 'InService', live: done });
  }

  async #delete(): Promise<void> {
    this.serving.set([]);
    await Promise.all(this.#fleets.current.map(({ fleet }) => fleet.drain()));
    for (const { fleet } of this.#fleets.current) this.#fleets.retire(fleet);
    await this.#wait(this.context.knobs.deleteMs);
    await this.#stuck('DeleteEndpoint');
    this.context.tables.endpoints.remove(this.#record.name);
    this.context.tables.tags.remove(this.#record.arn);
    this.#journal({ from: 'Deleting', to: 'gone' });
    this.events.onGone();
  }

  #reasonOf(error: unknown): string {
    if (error instanceof FleetFailure || error instanceof Rollback)
      return this.context.reword(error.message).slice(0, FAILURE_REASON_LIMIT);
    this.context.onInternalError(error, `endpoint ${this.#record.name}`);
    return 'An internal error of the sandbox ended the deployment.';
  }

  #journal(event: { readonly from?: string; readonly to: string; readonly reason?: string }): void {
    this.context.journal.record({ kind: 'endpoint', resource: this.#record.name, ...event });
  }

  #wait(providerMs: number): Promise<void> {
    return this.context.clock.wait(providerMs, this.#closing.signal);
  }

  /** Where a rule holds the endpoint in its present state, until it is released. */
  async #stuck(operation: string): Promise<void> {
    const { name: resource, status } = this.#record;
    const site = { service: 'sagemaker', operation, resource } as const;
    const struck = this.context.faults.strike(['stuck'], site, (fault) => fault.status === status);
    await struck?.hold(struck.fault.forProviderMs, this.#closing.signal);
  }
}
