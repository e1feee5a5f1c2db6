import type { Client, ScheduleDescription } from '@temporalio/client';
import { batchScheduleId } from '../../batch';
import type { ScheduledRun, ScheduleViolation } from '../../batch';
import { batchLines } from '../../report/batch';
import { count, plain } from '../../report/words';
import { nearestOf } from '../../spec/nearest';
import { batchesThatRan, runsOf } from '../../worker/schedules/runs';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { print, printJson } from '../verb';
import type { VerbContext } from '../verb';
import { judgeSchedule, MOST_RUNS, tookText, violationText } from './describe';
import { batchSchedules, describeOrNull } from './select';
import { askBatch } from './watch';

/** A run, or a time that had none, with what is wrong about it. */
export type HistoryRow =
  | (ScheduledRun & { readonly violations: readonly ScheduleViolation[] })
  | {
      readonly id: null;
      readonly nominalMs: number;
      readonly status: 'missing' | 'skipped';
      readonly violations: readonly ScheduleViolation[];
    };

/** Past runs, newest nominal time first: those by hand, too, and those of a schedule that is no more. */
export async function showHistory(
  context: VerbContext,
  of: {
    readonly client: Client;
    readonly endpoint: string;
    readonly name: string | undefined;
    readonly last: number;
    readonly json: boolean;
  }
): Promise<ExitCode> {
  const { client, endpoint, last, json } = of;
  const nowMs = context.now();
  const id = batchScheduleId(endpoint, of.name ?? (await onlyBatch(client, endpoint)));
  const described = await describeOrNull(client, id);
  const rows = await rowsOf(client, { id, described, nowMs });
  if (described === null && rows.length === 0)
    throw await unknownBatch(client, endpoint, id.slice(batchScheduleId(endpoint, '').length));
  const shown = rows.slice(0, last);
  if (json) {
    printJson(context, shown);
    return EXIT.done;
  }
  print(context, ...(shown.length === 0 ? ['No runs yet.'] : shown.flatMap((row) => rowLines(row, nowMs))));
  const newest = shown.find(({ id }) => id !== null);
  const state = newest === undefined || newest.id === null ? null : await askBatch(client, newest.id);
  if (state !== null) print(context, '', ...batchLines(state, nowMs));
  return EXIT.done;
}

async function rowsOf(
  client: Client,
  of: { readonly id: string; readonly described: ScheduleDescription | null; readonly nowMs: number }
): Promise<readonly HistoryRow[]> {
  const { id, described, nowMs } = of;
  const { runs, violations } =
    described === null
      ? { runs: await runsOf(client, id, MOST_RUNS), violations: [] }
      : await judgeSchedule(client, described, nowMs);
  const violationsAt = (nominalMs: number): readonly ScheduleViolation[] =>
    violations.filter((one) => one.kind !== 'missing' && one.kind !== 'skipped' && one.nominalMs === nominalMs);
  return [
    ...runs.map((run) => ({ ...run, violations: violationsAt(run.nominalMs) })),
    ...violations.flatMap((one) =>
      one.kind === 'missing' || one.kind === 'skipped'
        ? [{ id: null, nominalMs: one.nominalMs, status: one.kind, violations: [one] }]
        : []
    ),
  ].sort((a, b) => b.nominalMs - a.nominalMs);
}

function rowLines(row: HistoryRow, nowMs: number): readonly string[] {
  const said = row.violations.filter(({ kind }) => kind !== 'failed').map((one) => `  ✗ ${violationText(one)}`);
  return row.id === null ? said : [`${row.id}  ${row.status.padEnd(7)}  ${cameOf(row, nowMs)}`, ...said];
}

function cameOf(run: ScheduledRun, nowMs: number): string {
  const { published } = run;
  const took = tookText(run, nowMs);
  if (run.begunMs === null || published === null) return took;
  const { records, quarantined, model } = published;
  const aside = quarantined === 0 ? '' : `, ${count(quarantined)} put aside`;
  return `${took}  ${count(records - quarantined)} of ${count(records)} records by ${plain(model)}${aside}`;
}

/** The batch that is meant where none is named. */
async function onlyBatch(client: Client, endpoint: string): Promise<string> {
  const names = await batchesOfEndpoint(client, endpoint);
  const [only, another] = names;
  if (only === undefined)
    throw new Mistake(
      `No batch of ${endpoint} has run or has a schedule. Run one: sluice batch run <file>; see all: sluice batch list`
    );
  if (another !== undefined) throw new Mistake(`${endpoint} has several batches: ${names.join(', ')}. Say which.`);
  return only;
}

async function unknownBatch(client: Client, endpoint: string, name: string): Promise<Mistake> {
  const names = await batchesOfEndpoint(client, endpoint);
  const nearest = nearestOf(name, names);
  const there = names.length === 0 ? `${endpoint} has no batch` : `There are: ${names.join(', ')}`;
  return new Mistake(
    `Batch ${name} of ${endpoint} has never run and has no schedule. ${nearest === undefined ? there : `Did you mean ${nearest}`}${nearest === undefined ? '.' : '?'}`
  );
}

async function batchesOfEndpoint(client: Client, endpoint: string): Promise<readonly string[]> {
  const scheduled = (await batchSchedules(client, endpoint)).map(({ batch }) => batch);
  return [...new Set([...scheduled, ...(await batchesThatRan(client, endpoint))])].sort();
}
