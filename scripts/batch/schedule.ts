import type { Client } from '@temporalio/client';
import { batchScheduleId } from '../../batch';
import type { BatchSpec, RolloutSpec } from '../../spec/types';
import { shellWord } from '../../report/words';
import { scheduleText } from '../../worker/schedules/options';
import { upsertSchedule } from '../../worker/schedules/upsert';
import { requestOf } from './select';

export interface Upserted {
  readonly schedule: string;
  readonly batch: string;
  readonly what: 'created' | 'updated';
  readonly when: string;
}

/** Brings the schedules of a file's batches to what it says; those without a schedule are left alone. */
export async function upsertBatchSchedules(
  client: Client,
  of: { readonly spec: RolloutSpec; readonly batches: readonly BatchSpec[]; readonly taskQueue: string }
): Promise<readonly Upserted[]> {
  const done: Upserted[] = [];
  for (const batch of of.batches) {
    const { schedule: settings } = batch;
    if (settings === undefined) continue;
    const { endpoint } = of.spec;
    const id = batchScheduleId(endpoint, batch.name);
    const what = await upsertSchedule(client, {
      ...{ id, settings, workflowType: 'batch', taskQueue: of.taskQueue },
      args: [{ request: requestOf(of.spec, batch), nominalMs: null, carried: null }],
      summary: `Batch ${batch.name} of ${endpoint}`,
      memo: { endpoint, batch: batch.name },
    });
    done.push({ schedule: id, batch: batch.name, what, when: scheduleText(settings) });
  }
  return done;
}

export function upsertedLines(done: readonly Upserted[], endpoint: string): readonly string[] {
  return done.map(
    ({ batch, what, when }) =>
      `Schedule of batch ${batch} ${what}: ${when}. See it: sluice batch describe ${shellWord(endpoint)} ${batch}`
  );
}
