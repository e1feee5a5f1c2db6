import path from 'node:path';
import type { RandomStream } from '../engine/random';
import type { AsyncSettings, CaptureSettings, VariantBlueprint } from './blueprint';
import { STOP_GRACE_MS } from './container';
import type { FleetContext } from './context';
import { FleetFailure } from './failure';
import { Instance } from './instance';
import type { ServerlessSettings } from './serverless';
import { ServerlessPool } from './serverless';

/** The fleet that a variant belongs to. */
export interface FleetIdentity {
  readonly endpointName: string;
  readonly configName: string;
  readonly dir: string;
  readonly capture?: CaptureSettings;
  readonly asynchronous?: AsyncSettings;
}

/** The instances of one variant in one fleet, and the choice among them. */
export class VariantFleet {
  /** Routing weight within the fleet; set by the endpoint, which owns the meaning of current and desired. */
  weight = 0;
  /** Variants of the same fleet that get copies of this one's requests. */
  shadows: readonly VariantFleet[] = [];
  /** Where instances come and go with the requests. */
  readonly serverless: ServerlessPool | undefined;
  #instances: Instance[] = [];
  #isStopped = false;
  readonly #waiting: (() => void)[] = [];
  readonly #leaving = new Set<Promise<void>>();
  readonly #random: RandomStream;

  constructor(
    readonly owner: FleetIdentity,
    private readonly spec: {
      readonly blueprint: VariantBlueprint;
      readonly modelDirs: readonly string[];
      readonly context: FleetContext;
    }
  ) {
    this.#random = spec.context.random(`instances/${owner.endpointName}/${owner.configName}/${spec.blueprint.name}`);
    const { serverless: settings } = spec.blueprint;
    this.serverless = settings && this.#pool(settings);
  }

  get blueprint(): VariantBlueprint {
    return this.spec.blueprint;
  }

  get name(): string {
    return this.blueprint.name;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Brings the number of instances to `count`. Resolves when the new ones serve and the old ones have drained; on failure the new ones are withdrawn. */
  async scaleTo(count: number): Promise<void> {
    if (this.#isStopped) throw new FleetFailure('The fleet was stopped.');
    if (this.serverless) return this.#warm(count);
    const surplus = this.#instances.slice(count);
    if (surplus.length > 0) return this.#retire(surplus);
    await this.#add(count - this.#instances.length);
  }

  async #add(count: number): Promise<readonly Instance[]> {
    const added = Array.from({ length: count }, () => this.#newInstance());
    this.#instances.push(...added);
    try {
      await Promise.all(added.map((instance) => instance.start()));
      return added;
    } catch (error) {
      this.#instances = this.#instances.filter((instance) => !added.includes(instance));
      this.#leave(added.map((instance) => instance.stop(STOP_GRACE_MS)));
      throw error;
    }
  }

  /**
   * The instance for the next request; `undefined` when none serves at the moment. Instances that hold the target model come before
   * those that would have to load it.
   */
  pick(targetModel?: string): Instance | undefined {
    const serving =
      this.#instances.length === 1 ? this.#instances : this.#instances.filter((instance) => instance.isServing);
    const only = serving[0];
    if (serving.length <= 1) return only?.isServing ? only : undefined;
    const isBlind = targetModel === undefined || this.spec.context.knobs.multiModelRouting === 'any';
    const holding = isBlind ? [] : serving.filter((instance) => instance.holds(targetModel));
    return this.#among(holding.length > 0 ? holding : serving);
  }

  #among(serving: readonly Instance[]): Instance | undefined {
    if (this.blueprint.routing !== 'LEAST_OUTSTANDING_REQUESTS') return this.#anyOf(serving);
    const least = Math.min(...serving.map(({ outstanding }) => outstanding));
    const ties = serving.filter(({ outstanding }) => outstanding === least);
    return this.spec.context.knobs.leastOutstandingTies === 'first' ? ties[0] : this.#anyOf(ties);
  }

  #anyOf(instances: readonly Instance[]): Instance | undefined {
    return instances[Math.floor(this.#random() * instances.length)];
  }

  /** Resolves when an instance serves, or after the time. */
  async whenServing(timeoutMs: number): Promise<void> {
    if (this.#instances.some((instance) => instance.isServing)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Takes no new requests and resolves when those under way are answered. */
  async drain(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.drain()));
  }

  /** Ends all instances, hard after the grace. Requests under way are cut: drain first. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.serverless?.stop();
    const all = this.#instances;
    this.#instances = [];
    this.#wake();
    this.#leave(all.map((instance) => instance.stop(graceMs)));
    await Promise.all(this.#leaving);
  }

  /** A serverless variant starts with one instance, which shows that its container serves; more than its warm ones end by themselves. */
  async #warm(count: number): Promise<void> {
    const missing = Math.max(1, count) - this.#instances.length;
    if (missing > 0) for (const instance of await this.#add(missing)) void this.serverless?.watch(instance);
  }

  #pool(settings: ServerlessSettings): ServerlessPool {
    const { context } = this.spec;
    return new ServerlessPool({
      settings,
      instances: () => this.#instances,
      grow: async () => {
        if (this.#isStopped) throw new FleetFailure('The fleet was stopped.');
        const [instance] = await this.#add(1);
        if (!instance) throw new FleetFailure('No instance was started.');
        void this.serverless?.watch(instance);
        return instance;
      },
      retire: (instance) => void this.#retire([instance]),
      idleMs: context.knobs.serverlessIdleMs,
      wait: (providerMs, signal) => context.wait(providerMs, signal),
    });
  }

  #newInstance(): Instance {
    const spec = {
      endpointName: this.owner.endpointName,
      variant: this.blueprint,
      dir: path.join(this.owner.dir, 'instances'),
      modelDirs: this.spec.modelDirs,
    };
    return new Instance(spec, this.spec.context, () => this.#wake());
  }

  /** Drains, then leaves the processes to end in their own time: nobody has to wait for a slow shutdown. */
  async #retire(instances: readonly Instance[]): Promise<void> {
    await Promise.all(instances.map((instance) => instance.drain()));
    this.#instances = this.#instances.filter((instance) => !instances.includes(instance));
    this.#leave(instances.map((instance) => instance.stop(STOP_GRACE_MS)));
  }

  #leave(stops: readonly Promise<void>[]): void {
    for (const stop of stops) {
      this.#leaving.add(stop);
      void stop.finally(() => this.#leaving.delete(stop));
    }
  }

  #wake(): void {
    if (this.#instances.length > 0 && !this.#instances.some((instance) => instance.isServing)) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
