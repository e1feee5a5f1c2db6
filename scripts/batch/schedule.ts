import type { Client } from '@temporalio/client';
import { batchScheduleId } from '../../batch';
import type { BatchSpec, RolloutSpec } from '../../spec/types';
import { shellWord } from '../../report/words';
import { scheduleText } from '../../worker/schedules/options';
import { upsertSchedule } from '../../worker/schedules/upsert';
import { batchSchedules, requestOf } from './select';

export interface Upserted {
  readonly schedule: string;
  readonly batch: string;
  readonly what: 'created' | 'updated' | 'deleted';
  /** Null where it is deleted. */
  readonly when: string | null;
}

/** Brings the schedules of an endpoint's batches to what a file says: makes, changes, and deletes what the file has no more. */
export async function applyBatchSchedules(
  client: Client,
  of: { readonly spec: RolloutSpec; readonly taskQueue: string }
): Promise<readonly Upserted[]> {
  const { endpoint, batch: batches = [] } = of.spec;
  const done: Upserted[] = [...(await upsertBatchSchedules(client, { ...of, batches }))];
  const wanted = new Set(done.map(({ schedule }) => schedule));
  for (const { id, batch } of await batchSchedules(client, endpoint)) {
    if (wanted.has(id)) continue;
    await client.schedule.getHandle(id).delete();
    done.push({ schedule: id, batch, what: 'deleted', when: null });
  }
  return done;
}

/** Makes or changes the schedules of these batches; those without a schedule are left alone. */
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
  return done.map(({ batch, what, when }) =>
    when === null
      ? `Schedule of batch ${batch} ${what}: the file has it no more. What runs goes on; runs and results stay.`
      : `Schedule of batch ${batch} ${what}: ${when}. See it: sluice batch describe ${shellWord(endpoint)} ${batch}`
  );
}
