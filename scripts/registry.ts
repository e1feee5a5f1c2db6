import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { formatDuration } from '../spec/duration';
import type { RolloutSpec } from '../spec/types';
import { readWorkerConfig } from '../worker/config';
import { actorOf } from './environment';
import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { Mistake } from './mistakes';
import { loadRolloutFile } from './rollout-file';
import { table } from './table';
import { withTemporal } from './temporal';
import type { TemporalOptions } from './temporal';
import { print, printJson } from './verb';
import type { VerbContext } from './verb';

export interface FollowOptions extends TemporalOptions {
  readonly file: string;
  readonly every: number;
  readonly who?: string;
  readonly json?: boolean;
}

export interface StopOptions extends TemporalOptions {
  readonly endpoint?: string;
}

const PREFIX = 'registry/';

/** Looks into the group again and again, by a Temporal Schedule; one that is there already gets the new file and interval. */
export async function followGroup(
  context: VerbContext,
  { group, options }: { readonly group: string; readonly options: FollowOptions }
): Promise<ExitCode> {
  const { file, every, json = false } = options;
  const spec = await loadRolloutFile(context, { file, json });
  if (spec === null) return EXIT.badInput;
  expectPackageOf(spec, group, file);
  const { taskQueue, searchAttributes } = readWorkerConfig(context.env);
  const id = `${PREFIX}${group}/${spec.endpoint}`;
  const following = {
    group,
    spec,
    who: options.who ?? actorOf(context.env) ?? 'unknown',
    searchAttributes: searchAttributes === 'on',
  };
  const schedule: ScheduleOptions = {
    scheduleId: id,
    spec: { intervals: [{ every }] },
    action: { type: 'startWorkflow', workflowType: 'registryPoll', workflowId: id, taskQueue, args: [following] },
    // A look that is late is worth no more than the next one.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    state: { note: `every ${formatDuration(every)}, ${file}`, triggerImmediately: true },
  };
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    await createOrUpdate(client, schedule);
    if (json) printJson(context, { schedule: id, group, endpoint: spec.endpoint, everyMs: every });
    else
      print(
        context,
        `Following ${group} for ${spec.endpoint}, every ${formatDuration(every)}: the newest approved version is rolled out by ${file}, once.`,
        `Stop it: sluice registry stop ${group}`
      );
    return EXIT.done;
  });
}

export async function listFollowed(
  context: VerbContext,
  options: TemporalOptions & { readonly json?: boolean }
): Promise<ExitCode> {
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const followed = await all(client);
    if (options.json === true) printJson(context, followed);
    else if (followed.length === 0) print(context, 'No group is followed.');
    else
      print(
        context,
        ...table(
          ['GROUP', 'ENDPOINT', 'HOW'],
          followed.map((one) => [one.group, one.endpoint, one.note])
        )
      );
    return EXIT.done;
  });
}

export async function stopFollowing(
  context: VerbContext,
  { group, options }: { readonly group: string; readonly options: StopOptions }
): Promise<ExitCode> {
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const { endpoint } = options;
    const found = (await all(client)).filter(
      (one) => one.group === group && (endpoint === undefined || one.endpoint === endpoint)
    );
    if (found.length === 0)
      throw new Mistake(
        `${group} is not followed${endpoint === undefined ? '' : ` for ${endpoint}`}. See what is: sluice registry list`
      );
    for (const { schedule } of found) await client.schedule.getHandle(schedule).delete();
    print(context, ...found.map((one) => `${group} is not followed for ${one.endpoint} any more.`));
    return EXIT.done;
  });
}

async function createOrUpdate(client: Client, schedule: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies, state } = schedule;
    const handle = client.schedule.getHandle(schedule.scheduleId);
    await handle.update(() => ({
      spec,
      action: { ...action, workflowId: schedule.scheduleId },
      policies: { ...policies },
      state: { paused: false, ...(state?.note !== undefined && { note: state.note }) },
    }));
    await handle.trigger();
  }
}

interface Followed {
  readonly schedule: string;
  readonly group: string;
  readonly endpoint: string;
  readonly note: string;
}

async function all(client: Client): Promise<readonly Followed[]> {
  const found: Followed[] = [];
  for await (const { scheduleId, state } of client.schedule.list()) {
    const [group, endpoint] = scheduleId.slice(PREFIX.length).split('/');
    if (!scheduleId.startsWith(PREFIX) || group === undefined || endpoint === undefined) continue;
    found.push({ schedule: scheduleId, group, endpoint, note: state.note ?? '' });
  }
  return found.sort((a, b) => a.schedule.localeCompare(b.schedule));
}

function expectPackageOf({ candidates }: RolloutSpec, group: string, file: string): void {
  const [{ model }, ...others] = candidates;
  const isOfGroup = model.kind === 'package' && model.package.split('/').at(-2)?.endsWith(group) === true;
  if (isOfGroup && others.length === 0) return;
  throw new Mistake(
    `${file} needs one candidate that is a package of ${group}, whose version is replaced by the approved one. Write \`modelPackage: { group: ${group}, version: 1 }\`.`
  );
}
