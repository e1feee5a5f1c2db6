import type { SageMakerContext } from '../context';
import type { EndpointCalls } from './endpoint-change';
import { ExperimentActor } from './experiment-actor';
import type { ExperimentRecord } from './records';

/** All inference experiments that exist, as actors. */
export class ExperimentRegistry {
  readonly #actors = new Map<string, ExperimentActor>();

  constructor(
    private readonly context: SageMakerContext,
    private readonly calls: EndpointCalls
  ) {}

  /** Carries on with what a former process left. */
  restore(): void {
    for (const record of this.context.tables.experiments.all()) this.#add(record);
  }

  create(record: ExperimentRecord): void {
    this.context.tables.experiments.put(record.name, record);
    this.#add(record);
  }

  get(name: string): ExperimentActor | undefined {
    return this.#actors.get(name.toLowerCase());
  }

  all(): readonly ExperimentActor[] {
    return [...this.#actors.values()];
  }

  /** Forgets an experiment; what runs stays as it is. */
  remove(name: string): void {
    const actor = this.get(name);
    this.#actors.delete(name.toLowerCase());
    this.context.tables.experiments.remove(name);
    void actor?.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((actor) => actor.close()));
  }

  #add(record: ExperimentRecord): void {
    const actor = new ExperimentActor(record, this.context, this.calls);
    this.#actors.set(record.name.toLowerCase(), actor);
    actor.begin();
  }
}
