import { FleetFailure } from './failure';
import type { Instance } from './instance';

export interface ServerlessSettings {
  readonly memoryMb: number;
  /** Requests at a time; one more is throttled. */
  readonly maxConcurrency: number;
  /** Instances that stay warm without requests. */
  readonly provisioned: number;
}

/** An acquired instance; `coldMs` when it had to be started for the request. */
export interface Warm {
  readonly instance: Instance;
  readonly coldMs?: number;
}

/** The instances of a serverless variant: one for each request at a time, started when there is none to spare, ended when they rest. */
export class ServerlessPool {
  #starting = 0;
  readonly #stop = new AbortController();

  constructor(
    private readonly of: {
      readonly settings: ServerlessSettings;
      readonly instances: () => readonly Instance[];
      /** Starts one more; rejects with FleetFailure. */
      readonly grow: () => Promise<Instance>;
      readonly retire: (instance: Instance) => void;
      /** Provider time without requests after which an instance ends. */
      readonly idleMs: number;
      readonly wait: (providerMs: number, signal: AbortSignal) => Promise<void>;
    }
  ) {}

  /** `undefined` when no instance could be started, or the variant is going. */
  async acquire(): Promise<Warm | 'throttled' | undefined> {
    const { settings, instances, grow } = this.of;
    const all = instances();
    const busy = all.filter(({ outstanding }) => outstanding > 0).length + this.#starting;
    if (busy >= settings.maxConcurrency) return 'throttled';
    const warm = all.find((instance) => instance.isServing && instance.outstanding === 0);
    if (warm) {
      warm.acquire();
      return { instance: warm };
    }
    const startMs = performance.now();
    this.#starting += 1;
    try {
      const instance = await grow();
      instance.acquire();
      return { instance, coldMs: performance.now() - startMs };
    } catch (error) {
      if (error instanceof FleetFailure) return undefined;
      throw error;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Ends an instance once it has rested for long enough and is not one of those that stay warm. */
  async watch(instance: Instance): Promise<void> {
    const { settings, instances, retire, idleMs, wait } = this.of;
    for (;;) {
      const { uses } = instance;
      try {
        await wait(idleMs, this.#stop.signal);
      } catch {
        // The pool or the clock has ended.
        return;
      }
      if (!instances().includes(instance)) return;
      if (instance.uses !== uses || instance.outstanding > 0 || instances().length <= settings.provisioned) continue;
      return retire(instance);
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}
