import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ScheduleViolation } from '../../batch';
import type { ScheduleView } from '../../scripts/batch/describe';
import type { HistoryRow } from '../../scripts/batch/history';
import type { DevServer } from '../../worker/server';
import { startDevServer } from '../../worker/server';
import { run } from '../scripts/run-main';
import { until } from '../scripts/until';
import type { BatchWorld } from '../support/batch-world';
import { startBatchWorld } from '../support/batch-world';
import { quietRuntime } from '../support/quiet-runtime';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-lateness-'));
const dbFile = path.join(folder, 'temporal.db');
const SECOND_MS = 1_000;
const START_WITHIN_MS = 5 * SECOND_MS;
/** The shortest that Temporal knows. */
const CATCH_UP_MS = 10 * SECOND_MS;
let server: DevServer;
let env: TestWorkflowEnvironment;
let world: BatchWorld;

beforeAll(async () => {
  quietRuntime();
  server = await startDevServer({ dbFile, port: 0, uiPort: 'off' });
  const { address, namespace } = server;
  env = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  world = await startBatchWorld({ server, env });
  await world.put({ 'timed/a.csv': 'one\ntwo\n' });
});
afterAll(async () => {
  await world.stop();
  await env.teardown();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(): string {
  const at = path.join(folder, 'timed.yaml');
  const batch = {
    ...{ name: 'often', model: { existing: 'echo' }, contentType: 'text/csv' },
    ...{ input: 's3://data/timed/', output: 's3://data/scored/{time}' },
    ...{ schedule: { every: '4s' }, overlap: 'allowAll' },
    ...{ catchUpWindow: `${CATCH_UP_MS}ms`, startWithin: `${START_WITHIN_MS}ms` },
  };
  writeFileSync(
    at,
    stringify({
      endpoint: 'timed',
      aws: { role: 'arn:aws:iam::123456789012:role/sluice' },
      capture: { to: 's3://capture/timed' },
      candidates: [{ name: 'v1', container: { image: 'batch:1' } }],
      batch: [batch],
    })
  );
  return at;
}

async function sluice(...words: readonly string[]) {
  const at = { TEMPORAL_ADDRESS: server.address, SLUICE_TASK_QUEUE: world.taskQueue, SLUICE_USER: 'ana@example.org' };
  return run(['batch', ...words], { cwd: folder, env: at });
}

const history = async (): Promise<readonly HistoryRow[]> =>
  JSON.parse((await sluice('history', 'timed', '--last', '100', '--json')).out) as readonly HistoryRow[];
const view = async (): Promise<ScheduleView> =>
  JSON.parse((await sluice('describe', 'timed', '--json')).out) as ScheduleView;
const are =
  (kind: ScheduleViolation['kind']) =>
  (one: ScheduleViolation): boolean =>
    one.kind === kind;
const second = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
/** A time at which a run was due, as lists say it: a full minute without its seconds. */
const due = (ms: number): string => second(ms).replace(/:00Z$/, 'Z');

test('what Temporal starts late, having been away, is said with both times; what it does not make up for is missing; what was in time is not', async () => {
  expect(await sluice('schedule', file())).toMatchObject({ code: 0 });
  const isInTime = ({ status, violations }: HistoryRow): boolean => status === 'done' && violations.length === 0;
  const inTime = (await until(history, (rows) => rows.some(isInTime))).find(isInTime);

  await server.stop();
  const awayMs = Date.now();
  await until(Date.now, (nowMs) => nowMs > awayMs + CATCH_UP_MS + 5 * SECOND_MS);
  server = await startDevServer({ dbFile, port: Number(server.address.split(':')[1]), uiPort: 'off' });
  const backMs = Date.now();
  await until(history, (rows) => rows.some((row) => row.nominalMs > backMs && isInTime(row)));
  expect(await sluice('pause', 'timed', '--why', 'seen enough')).toMatchObject({ code: 0 });

  const rows = await until(history, (found) => found.every(({ status }) => status !== 'running'));
  expect(rows.find(({ id }) => id === inTime?.id)).toEqual(inTime);
  const missing = rows.filter(({ status }) => status === 'missing');
  expect(missing.length).toBeGreaterThan(0);
  for (const { nominalMs } of missing) {
    expect(nominalMs).toBeGreaterThan(awayMs - 4 * SECOND_MS);
    expect(nominalMs).toBeLessThan(backMs);
  }
  const lastMissingMs = Math.max(...missing.map(({ nominalMs }) => nominalMs));
  const late = rows.filter(
    ({ nominalMs, violations }) => nominalMs > lastMissingMs && violations.some(are('startedLate'))
  );
  expect(late.length).toBeGreaterThan(0);
  for (const { id, nominalMs, violations } of late) {
    expect(id).toBe(`batch/timed/often-${second(nominalMs)}`);
    const { actualMs = null, lateMs = null } = violations.find(are('startedLate')) ?? {};
    expect(actualMs).toBeGreaterThan(awayMs + CATCH_UP_MS);
    expect(lateMs).toBe((actualMs ?? 0) - nominalMs);
  }

  const [one] = late;
  const began = second(one?.violations[0]?.actualMs ?? 0);
  const told = `${due(one?.nominalMs ?? 0)} began late: at ${began}, `;
  const text = await sluice('history', 'timed', '--last', '100');
  expect(text.out).toContain(told);
  expect(text.out).toContain(`${due(missing[0]?.nominalMs ?? 0)} was never run`);
  const described = await sluice('describe', 'timed');
  expect(described.code).toBe(14);
  expect(described.out).toContain(told);
  expect((await view()).missedCatchUp).toBeGreaterThanOrEqual(missing.length);
  // Its own page has both times, too.
  const page: unknown = await env.client.workflow.getHandle(String(one?.id)).query('__temporal_workflow_metadata');
  expect(JSON.stringify(page)).toContain(`for ${second(one?.nominalMs ?? 0)}, begun ${began}`);
}, 600_000);

test('a run that Temporal started in time but no worker took up is late, while it waits and when it is done', async () => {
  await world.stopWorker();
  await sluice('resume', 'timed', '--why', 'again');
  const [waiting] = await until(
    async () => (await view()).violations,
    (violations) => violations.some(are('startedLate'))
  );
  expect(waiting).toMatchObject({ kind: 'startedLate', actualMs: null });
  const nominal = due(waiting?.nominalMs ?? 0);
  expect((await sluice('history', 'timed', '--last', '100')).out).toContain(`${nominal} has not begun, `);
  await world.startWorker();
  await sluice('pause', 'timed', '--why', 'seen enough');
  const rows = await until(history, (found) => found.every(({ status }) => status !== 'running'));
  const row = rows.find(({ nominalMs }) => nominalMs === waiting?.nominalMs);
  expect(row).toMatchObject({ status: 'done', published: { records: 2, quarantined: 0, model: 'echo' } });
  expect(row?.violations).toMatchObject([{ kind: 'startedLate', lateMs: expect.any(Number) }]);
  expect(row?.violations[0]?.lateMs).toBeGreaterThan(START_WITHIN_MS);
});
