import type { Blueprint } from '../fleet/blueprint';
import { STOP_GRACE_MS } from '../fleet/container';
import { Fleet } from '../fleet/fleet';
import type { SageMakerContext } from './context';
import type { Deployment, EndpointRecord } from './records';
import type { FleetShare } from './serving';

/** A fleet in service with its part of the traffic, and the deployment that it runs. */
export interface ServingFleet extends FleetShare {
  readonly deployment: Deployment;
}

/** The fleets of one endpoint: one, or two after a rollback that failed; and those on their way out. */
export class EndpointFleets {
  #current: readonly [ServingFleet, ...ServingFleet[]];
  #stopGraceMs = STOP_GRACE_MS;
  /** Their processes may take their time. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #name: string;

  constructor(
    { name, live, mixed }: EndpointRecord,
    private readonly context: SageMakerContext
  ) {
    this.#name = name;
    const first = { fleet: this.make(live.blueprint), share: 1 - (mixed?.share ?? 0), deployment: live };
    const second = mixed ? [{ fleet: this.make(mixed.deployment.blueprint), ...mixed }] : [];
    this.#current = [first, ...second];
  }

  /** What serves while no update is under way; during one, what served before it. */
  get current(): readonly [ServingFleet, ...ServingFleet[]] {
    return this.#current;
  }

  make(blueprint: Blueprint): Fleet {
    return new Fleet(this.#name, blueprint, this.context.fleets);
  }

  replace(...fleets: readonly [ServingFleet, ...ServingFleet[]]): void {
    this.#current = fleets;
  }

  /** Ends a fleet behind everybody's back, at once or when `after` has settled: nobody has to wait for a slow shutdown. */
  retire(fleet: Fleet, after: Promise<void> = Promise.resolve()): void {
    const gone = after
      .catch(() => undefined)
      .then(() => fleet.stop(this.#stopGraceMs))
      .catch((error: unknown) => this.context.onInternalError(error, `stopping a fleet of ${this.#name}`));
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }

  /** Ends these and the current fleets. */
  async close(graceMs: number, others: readonly Fleet[]): Promise<void> {
    this.#stopGraceMs = graceMs;
    const all = new Set([...this.#current.map(({ fleet }) => fleet), ...others]);
    await Promise.all([...all].map((fleet) => fleet.stop(graceMs)));
  }

  /** Resolves when nothing is left of the retired ones. */
  async gone(): Promise<void> {
    await Promise.all(this.#leaving);
  }
}
