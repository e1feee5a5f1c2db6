import { Client, ScheduleAlreadyRunning } from '@temporalio/client';
import type { ScheduleOptions } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

const SCHEDULED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

type Kept = Pick<ScheduleOptions, 'spec' | 'action'>;

/**
 * Temporal Schedules for the time-skipping server, which has none: keeps what the product's own code makes of them, and starts what they would start, named
 * and marked as Temporal does, when a test says what time it is. Intervals only.
 */
export class HandSchedules {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly env: TestWorkflowEnvironment) {}

  /** Temporal's own servers know it without being told. */
  async prepare(): Promise<void> {
    const { INDEXED_VALUE_TYPE_DATETIME } = temporal.api.enums.v1.IndexedValueType;
    await this.env.connection.operatorService.addSearchAttributes({
      namespace: this.env.namespace ?? 'default',
      searchAttributes: { [SCHEDULED_FOR.name]: INDEXED_VALUE_TYPE_DATETIME },
    });
  }

  get ids(): readonly string[] {
    return [...this.kept.keys()].sort();
  }

  /** A client whose schedules are kept here; nothing that they have started is ever left running when it is asked. */
  get client(): Client {
    const { kept } = this;
    const schedule = {
      create: async ({ scheduleId, ...options }: ScheduleOptions) => {
        if (kept.has(scheduleId)) throw new ScheduleAlreadyRunning('it is there', scheduleId);
        kept.set(scheduleId, options);
      },
      getHandle: (id: string) => ({
        delete: async () => kept.delete(id),
        update: async (change: (before: { readonly state: object }) => Kept) => kept.set(id, change({ state: {} })),
      }),
      list: async function* () {
        for (const scheduleId of [...kept.keys()]) yield { scheduleId };
      },
    };
    return { schedule, workflow: { count: async () => ({ count: 0 }) } } as unknown as Client;
  }

  /** Runs what is due at this time, by schedule, to its end. One after the other: two updates at once are more than the time-skipping server can do. */
  async runDue(nominalMs: number): Promise<ReadonlyMap<string, unknown>> {
    const results = new Map<string, unknown>();
    // The environment's own client would let days pass while it waits for a result.
    const client = new Client({ connection: this.env.connection });
    for (const [id, { spec, action }] of this.kept) {
      const isDue = (spec.intervals ?? []).some(
        ({ every, offset = 0 }) => (nominalMs - Number(offset)) % Number(every) === 0
      );
      if (!isDue) continue;
      const { workflowType, taskQueue, args = [], workflowId = id } = action;
      const handle = await client.workflow.start(workflowType as string, {
        workflowId: `${workflowId}-${new Date(nominalMs).toISOString().replace('.000Z', 'Z')}`,
        ...{ taskQueue, args: [...args] },
        typedSearchAttributes: [{ key: SCHEDULED_FOR, value: new Date(nominalMs) }],
      });
      results.set(id, await handle.result());
    }
    return results;
  }
}
