import { onAbort } from '../engine/on-abort';
import type { SageMakerContext } from './context';
import { EndpointActor } from './endpoint-actor';
import type { EndpointRecord } from './records';

/** All endpoints that exist, as actors. */
export class EndpointRegistry {
  readonly #actors = new Map<string, EndpointActor>();
  readonly #goneListeners: ((name: string) => void)[] = [];
  readonly #waiters = new Set<{ readonly key: string; readonly resolve: () => void }>();

  constructor(private readonly context: SageMakerContext) {}

  /** Brings back what a former process left, and lets unfinished changes go on. */
  restore(): void {
    for (const record of this.context.tables.endpoints.all()) this.#add(record).begin({ isRestart: true });
  }

  create(record: EndpointRecord): void {
    this.context.tables.endpoints.put(record.name, record);
    this.#add(record).begin({ isRestart: false });
  }

  /** By name without regard to case, as the control plane takes it. */
  get(name: string): EndpointActor | undefined {
    return this.#actors.get(name.toLowerCase());
  }

  all(): readonly EndpointActor[] {
    return [...this.#actors.values()];
  }

  /** What the runtime serves: the case of the name must match. */
  serving(name: string): EndpointActor | undefined {
    const actor = this.#actors.get(name.toLowerCase());
    const isKnown =
      actor?.isServing && actor.record.name === name && !this.context.visibility.isHidden('Endpoint', name);
    return isKnown ? actor : undefined;
  }

  /** Hears of every endpoint that was deleted, once it is gone. */
  onGone(listener: (name: string) => void): void {
    this.#goneListeners.push(listener);
  }

  /** Resolves at the next change of an endpoint's record, its end included, or when the signal aborts. */
  whenChanged(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { key: name.toLowerCase(), resolve: () => (this.#waiters.delete(waiter), resolve()) };
      this.#waiters.add(waiter);
      onAbort(signal, waiter.resolve);
    });
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all(this.all().map((actor) => actor.close(graceMs)));
  }

  #add(record: EndpointRecord): EndpointActor {
    const key = record.name.toLowerCase();
    const onChange = () => {
      for (const waiter of [...this.#waiters]) if (waiter.key === key) waiter.resolve();
    };
    const onGone = () => {
      this.#actors.delete(key);
      for (const listener of this.#goneListeners) listener(record.name);
      onChange();
    };
    const actor = new EndpointActor(record, this.context, { onChange, onGone });
    this.#actors.set(key, actor);
    return actor;
  }
}
