import { WaitAborted } from '../../engine/clock';
import type { SageMakerContext } from '../context';
import type { PackageRecord } from './records';

/** Takes unversioned packages from `Pending` over `InProgress` to `Completed`, and carries on with it after a restart. */
export class PackageChecks {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly context: SageMakerContext) {}

  restore(): void {
    for (const record of this.context.tables.packages.all()) this.begin(record);
  }

  begin({ id, status }: PackageRecord): void {
    if (status !== 'Pending' && status !== 'InProgress') return;
    const running = this.#check(id).catch((error: unknown) => {
      if (!(error instanceof WaitAborted)) this.context.onInternalError(error, `model package ${id}`);
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  async #check(id: string): Promise<void> {
    for (const status of ['InProgress', 'Completed'] as const) {
      await this.context.clock.wait(this.context.knobs.packageCheckMs, this.#closing.signal);
      const record = this.context.tables.packages.get(id);
      // Deleted meanwhile, perhaps made anew: then another check is under way.
      if (!record || (record.status !== 'Pending' && record.status !== 'InProgress')) return;
      writePackage(this.context, {
        ...record,
        status,
        history: [...record.history, { atMs: this.context.clock.now(), status, changed: [] }],
      });
    }
  }
}

/** Writes a package and tells the journal what became of its status and its approval. */
export function writePackage(context: SageMakerContext, record: PackageRecord): void {
  const before = context.tables.packages.get(record.id);
  context.tables.packages.put(record.id, record);
  const event = { kind: 'modelPackage', resource: record.id } as const;
  if (before?.status !== record.status)
    context.journal.record({ ...event, ...(before ? { from: before.status } : {}), to: record.status });
  if (record.approval !== undefined && before?.approval !== record.approval)
    context.journal.record({
      ...event,
      ...(before?.approval === undefined ? {} : { from: before.approval }),
      to: record.approval,
      ...(record.approvalDescription === undefined ? {} : { reason: record.approvalDescription }),
    });
}
