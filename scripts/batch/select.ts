import type { Client, ScheduleDescription } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import { batchScheduleId } from '../../batch';
import type { BatchRequest } from '../../batch';
import { nearestOf } from '../../spec/nearest';
import type { BatchSpec, RolloutSpec } from '../../spec/types';
import { shellWord } from '../../report/words';
import { Mistake } from '../mistakes';

/** What schedules of batches are listed with. */
interface BatchMemo {
  readonly endpoint: string;
  readonly batch: string;
}

/** The batches of a file, or the one that is named. Throws a `Mistake` that says which there are. */
export function batchesOf(spec: RolloutSpec, file: string, name: string | undefined): readonly BatchSpec[] {
  const all = spec.batch ?? [];
  if (all.length === 0)
    throw new Mistake(`${file} has no \`batch\`. Write for example: batch: [{ input: s3://…, output: s3://… }]`);
  if (name === undefined) return all;
  const found = all.filter((one) => one.name === name);
  if (found.length > 0) return found;
  const names = all.map((one) => one.name);
  const nearest = nearestOf(name, names);
  throw new Mistake(
    `${file} has no batch ${name}. ${nearest === undefined ? `It has ${names.join(', ')}.` : `Did you mean ${nearest}?`}`
  );
}

/** The one batch that a run is of. */
export function oneBatchOf(spec: RolloutSpec, file: string, name: string | undefined): BatchSpec {
  const [first, second] = batchesOf(spec, file, name);
  if (first === undefined || second !== undefined)
    throw new Mistake(
      `${file} has several batches: ${(spec.batch ?? []).map((one) => one.name).join(', ')}. Say which: sluice batch run ${shellWord(file)} ${first?.name ?? ''}`
    );
  return first;
}

export function requestOf({ endpoint, aws }: RolloutSpec, batch: BatchSpec): BatchRequest {
  return { endpoint, aws, batch };
}

/** Ids of the schedules of batches, of one endpoint or of all. Lists lag a second or so behind. */
export async function batchSchedules(
  client: Client,
  endpoint?: string
): Promise<
  readonly (BatchMemo & {
    readonly id: string;
    readonly isPaused: boolean;
    readonly note: string;
    readonly nextMs: number | null;
  })[]
> {
  const found = [];
  for await (const { scheduleId, memo, state, info } of client.schedule.list()) {
    if (!scheduleId.startsWith('batch/') || !isBatchMemo(memo)) continue;
    if (endpoint !== undefined && memo.endpoint !== endpoint) continue;
    found.push({
      ...{ id: scheduleId, endpoint: memo.endpoint, batch: memo.batch },
      ...{ isPaused: state.paused, note: state.note ?? '', nextMs: info.nextActionTimes[0]?.getTime() ?? null },
    });
  }
  return found.sort((a, b) => a.id.localeCompare(b.id));
}

/** The schedule that `endpoint [name]` means, described. Throws a `Mistake` that names what there is. */
export async function describedSchedule(
  client: Client,
  { endpoint, name }: { readonly endpoint: string; readonly name: string | undefined }
): Promise<ScheduleDescription> {
  if (name !== undefined) {
    const described = await describeOrNull(client, batchScheduleId(endpoint, name));
    if (described !== null) return described;
  }
  const known = await batchSchedules(client, endpoint);
  const [only, another] = known;
  if (name === undefined && only !== undefined && another === undefined) {
    const described = await describeOrNull(client, only.id);
    if (described !== null) return described;
  }
  const names = known.map((one) => one.batch);
  if (names.length === 0)
    throw new Mistake(`No batch of ${endpoint} has a schedule. Make one: sluice batch schedule <file>`);
  const nearest = name === undefined ? undefined : nearestOf(name, names);
  throw new Mistake(
    name === undefined
      ? `${endpoint} has several batches: ${names.join(', ')}. Say which.`
      : `No batch ${name} of ${endpoint} has a schedule. ${nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`}`
  );
}

/** A schedule, or null where there is none. */
export async function describeOrNull(client: Client, id: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

function isBatchMemo(memo: unknown): memo is BatchMemo {
  return (
    typeof memo === 'object' &&
    memo !== null &&
    'endpoint' in memo &&
    'batch' in memo &&
    typeof memo.endpoint === 'string' &&
    typeof memo.batch === 'string'
  );
}
