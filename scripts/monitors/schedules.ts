import { ScheduleNotFoundError } from '@temporalio/client';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { monitorScheduleId } from '../../rollout';
import type { MonitorMemory } from '../../rollout';
import { windowText } from '../../report/monitor';
import { plain, shellWord } from '../../report/words';
import { readWorkerConfig } from '../../worker/config';
import { applyMonitorSchedules } from '../../worker/schedules/monitors';
import { askEndpoint } from '../ask';
import { actorOf } from '../environment';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { table } from '../table';
import { withTemporal } from '../temporal';
import { writeMonitorPage } from './page';
import type { TemporalOptions } from '../temporal';
import { print, printJson } from '../verb';
import type { VerbContext } from '../verb';

export interface ListOptions extends TemporalOptions {
  readonly json?: boolean;
}

export interface PauseOptions extends ListOptions {
  readonly why?: string;
}

export interface DescribeOptions extends ListOptions {
  readonly html?: string;
}

/** Brings the schedules to what the file says, at once; a promotion does the same with its own file. */
export async function scheduleMonitors(
  context: VerbContext,
  { file, options }: { readonly file: string; readonly options: ListOptions }
): Promise<ExitCode> {
  const spec = await loadRolloutFile(context, { file, json: options.json ?? false });
  if (spec === null) return EXIT.badInput;
  const { taskQueue, searchAttributes } = readWorkerConfig(context.env);
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const applied = await applyMonitorSchedules(client, {
      spec,
      taskQueue,
      searchAttributes: searchAttributes === 'on',
    });
    if (options.json === true) printJson(context, applied);
    else {
      const lines = Object.entries(applied).flatMap(([what, ids]: [string, readonly string[]]) =>
        ids.map((id) => `${what} ${id}`)
      );
      print(context, ...(lines.length > 0 ? lines : [`${file} has no monitor with a schedule.`]));
    }
    return EXIT.done;
  });
}

interface Scheduled {
  readonly schedule: string;
  readonly endpoint: string;
  readonly monitor: string;
  readonly note: string;
  readonly paused: boolean;
  readonly nextMs: number | null;
}

interface Listed extends Scheduled {
  readonly last: MonitorMemory | null;
}

/** All monitors that are scheduled, with what they said last. */
export async function listMonitors(
  context: VerbContext,
  { endpoint, options }: { readonly endpoint: string | undefined; readonly options: ListOptions }
): Promise<ExitCode> {
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const listed = await withMemories(client, await scheduled(client, endpoint));
    if (options.json === true) printJson(context, listed);
    else if (listed.length === 0)
      print(context, 'No monitor is scheduled. Schedule those of a file: sluice monitor schedule FILE');
    else
      print(
        context,
        ...table(
          ['endpoint', 'monitor', 'next (UTC)', 'last verdict', 'of', 'how'],
          listed.map((one) => [
            one.endpoint,
            one.monitor,
            one.paused ? 'paused' : minute(one.nextMs),
            one.last?.last.verdict ?? '-',
            one.last === null ? '' : windowText(one.last.last.window),
            plain(one.note),
          ])
        )
      );
    return EXIT.done;
  });
}

/** One monitor: its schedule, its last verdict with reasons, its last runs. */
export async function describeMonitor(
  context: VerbContext,
  of: { readonly endpoint: string; readonly monitor: string; readonly options: DescribeOptions }
): Promise<ExitCode> {
  const { endpoint, monitor, options } = of;
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const described = await descriptionOf(client, endpoint, monitor);
    const last = (await memoriesOf(client, endpoint)).find(({ name }) => name === monitor) ?? null;
    const { state, info } = described;
    const runs = info.recentActions.map(({ scheduledAt, action }) => ({
      nominalMs: scheduledAt.getTime(),
      workflowId: action.type === 'startWorkflow' ? action.workflow.workflowId : null,
    }));
    const nextMs = info.nextActionTimes[0]?.getTime() ?? null;
    if (options.html !== undefined) {
      if (last === null || last.last.output === '')
        throw new Mistake(
          `${monitor} of ${endpoint} has left no report yet. Run it: sluice monitor run FILE ${monitor}`
        );
      await writeMonitorPage(context, { title: `${endpoint} ${monitor}`, last: last.last, file: options.html });
    }
    if (options.json === true) {
      const { paused, note } = state;
      printJson(context, { endpoint, monitor, paused, note: note ?? null, nextMs, last, runs });
      return EXIT.done;
    }
    const violations = last?.last.violations ?? [];
    print(
      context,
      `${endpoint} ${monitor}: ${state.paused ? 'paused' : `next at ${minute(nextMs)} UTC`}; ${plain(state.note ?? '')}`,
      ...(last === null
        ? ['  It has said nothing yet.']
        : [`  ${windowText(last.last.window)}: ${last.last.verdict}: ${plain(last.last.reason)}`]),
      ...violations.map(({ subject, check, reason }) => `  ✗ ${plain(`${subject} ${check}: ${reason}`)}`),
      ...(last === null || last.last.output === '' ? [] : [`  Report: ${last.last.output}`]),
      ...(options.html === undefined ? [] : [`  Page: ${options.html}`]),
      ...runs.slice(-5).map(({ nominalMs, workflowId }) => `  run of ${minute(nominalMs)}: ${workflowId ?? '?'}`)
    );
    return EXIT.done;
  });
}

/** Pauses or resumes one monitor, or all of an endpoint, with a note. */
export async function pauseMonitors(
  context: VerbContext,
  of: {
    readonly endpoint: string;
    readonly monitor: string | undefined;
    readonly isPause: boolean;
    readonly options: PauseOptions;
  }
): Promise<ExitCode> {
  const { endpoint, monitor, isPause, options } = of;
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    const names = monitor === undefined ? (await scheduled(client, endpoint)).map((one) => one.monitor) : [monitor];
    if (names.length === 0)
      throw new Mistake(`No monitor of ${endpoint} is scheduled. See what is: sluice monitor list`);
    const note = `${actorOf(context.env) ?? 'somebody'}: ${options.why ?? (isPause ? 'paused' : 'resumed')}`;
    for (const name of names) {
      await descriptionOf(client, endpoint, name);
      const handle = client.schedule.getHandle(monitorScheduleId(endpoint, name));
      await (isPause ? handle.pause(note) : handle.unpause(note));
    }
    if (options.json === true) printJson(context, { endpoint, monitors: names, paused: isPause, note });
    else
      print(context, ...names.map((name) => `${isPause ? 'Paused' : 'Resumed'} ${endpoint} ${name}: ${plain(note)}`));
    return EXIT.done;
  });
}

async function scheduled(client: Client, endpoint: string | undefined): Promise<readonly Scheduled[]> {
  const prefix = endpoint === undefined ? 'monitor/' : monitorScheduleId(endpoint, '');
  const found: Scheduled[] = [];
  for await (const { scheduleId, state, info } of client.schedule.list()) {
    if (!scheduleId.startsWith(prefix)) continue;
    const [, owner = '', monitor = ''] = scheduleId.split('/');
    found.push({
      schedule: scheduleId,
      endpoint: owner,
      monitor,
      note: state.note ?? '',
      paused: state.paused,
      nextMs: info?.nextActionTimes[0]?.getTime() ?? null,
    });
  }
  return found.sort((a, b) => a.schedule.localeCompare(b.schedule));
}

/** Each owner is asked once, however many monitors its endpoint has. */
async function withMemories(client: Client, monitors: readonly Scheduled[]): Promise<readonly Listed[]> {
  const memories = new Map<string, readonly MonitorMemory[]>();
  for (const { endpoint } of monitors)
    if (!memories.has(endpoint)) memories.set(endpoint, await memoriesOf(client, endpoint));
  return monitors.map((one) => ({
    ...one,
    last: memories.get(one.endpoint)?.find(({ name }) => name === one.monitor) ?? null,
  }));
}

/** What the owner remembers; nothing without an owner, a worker, or a run. */
async function memoriesOf(client: Client, endpoint: string): Promise<readonly MonitorMemory[]> {
  const owner = await askEndpoint(client, endpoint);
  return owner.kind === 'answered' ? owner.value.monitors : [];
}

async function descriptionOf(client: Client, endpoint: string, monitor: string): Promise<ScheduleDescription> {
  try {
    return await client.schedule.getHandle(monitorScheduleId(endpoint, monitor)).describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Mistake(
      `No monitor ${monitor} of ${endpoint} is scheduled. See what is: sluice monitor list ${shellWord(endpoint)}`,
      EXIT.badInput,
      { cause: error }
    );
  }
}

function minute(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
