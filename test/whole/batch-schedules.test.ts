import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ScheduleView } from '../../scripts/batch/describe';
import type { Upserted } from '../../scripts/batch/schedule';
import type { BatchWorld } from '../support/batch-world';
import { startBatchWorld } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';
import { run } from '../scripts/run-main';
import { until } from '../scripts/until';

const dev = withDevServer();
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-schedules-'));
let world: BatchWorld;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

beforeAll(async () => {
  world = await startBatchWorld(dev());
}, 120_000);
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Writes a rollout file with one batch and returns its path. */
function file(batch: Readonly<Record<string, unknown>>, endpoint = 'reviews'): string {
  const at = path.join(folder, `${endpoint}.yaml`);
  writeFileSync(
    at,
    stringify({
      endpoint,
      aws: { role: 'arn:aws:iam::123456789012:role/sluice' },
      capture: { to: 's3://capture/reviews' },
      candidates: [{ name: 'v1', container: { image: 'batch:1' } }],
      batch: [
        {
          name: 'nightly',
          model: { existing: 'echo' },
          contentType: 'text/csv',
          input: 's3://data/daily/{date}/',
          output: `s3://data/scored/${endpoint}/`,
          ...batch,
        },
      ],
    })
  );
  return at;
}

async function sluice(...words: readonly string[]) {
  return sluiceAt(Date.now, words);
}

/** Runs a command line at another time. */
async function sluiceAt(now: () => number, words: readonly string[]) {
  const env = {
    TEMPORAL_ADDRESS: dev().server.address,
    SLUICE_TASK_QUEUE: world.taskQueue,
    SLUICE_USER: 'ana@example.org',
  };
  return run(['batch', ...words], { cwd: folder, env, now });
}

const view = async (endpoint: string): Promise<ScheduleView> =>
  JSON.parse((await sluice('describe', endpoint, '--json')).out) as ScheduleView;

async function data(...dates: readonly string[]): Promise<void> {
  for (const date of dates) await world.put({ [`daily/${date}/a.csv`]: `${date}\n` });
}

describe('a schedule of a file', () => {
  test('is made, then changed by the file; a pause by a person stays, with its note', async () => {
    const first = await sluice('schedule', file({ schedule: '0 2 * * *', timezone: 'Europe/Berlin' }), '--json');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(first.out) as Upserted[]).toEqual([
      { schedule: 'batch/reviews/nightly', batch: 'nightly', what: 'created', when: '0 2 * * * Europe/Berlin' },
    ]);
    expect(await sluice('pause', 'reviews', '--why', 'input is being repaired')).toMatchObject({ code: 0 });
    const again = await sluice(
      'schedule',
      file({ schedule: { every: '6h' }, overlap: 'bufferOne', catchUpWindow: '2h' })
    );
    expect(again.out).toContain('updated: every 6h, UTC');
    expect(await view('reviews')).toMatchObject({
      when: 'every 6h, UTC',
      overlap: 'bufferOne',
      catchUpWindowMs: 7_200_000,
      pauseOnFailure: true,
      paused: { note: expect.stringMatching(/^paused \S+Z by ana@example.org: input is being repaired$/) },
      violations: [],
    });
    expect(await sluice('resume', 'reviews', '--why', 'repaired')).toMatchObject({ code: 0 });
    expect((await view('reviews')).paused).toBeNull();
    expect(await sluice('resume', 'reviews', '--why', 'twice')).toMatchObject({
      code: 2,
      err: 'batch/reviews/nightly is not paused.\n',
    });
    expect(await sluice('delete', 'reviews', 'nightly')).toMatchObject({ code: 0 });
    expect(await sluice('describe', 'reviews', 'nightly')).toMatchObject({ code: 2 });
  });

  test('is deleted when the file has it no more; those of other endpoints stay', async () => {
    await sluice('schedule', file({ schedule: '0 2 * * *' }, 'renamed'));
    await sluice('schedule', file({ schedule: '0 2 * * *' }, 'renamed-too'));
    // Lists lag behind.
    const listed = async (): Promise<readonly string[]> =>
      (JSON.parse((await sluice('list', '--json')).out) as { readonly id: string }[]).map(({ id }) => id);
    await until(listed, (ids) => ids.filter((id) => id.startsWith('batch/renamed')).length === 2);
    const again = await sluice('schedule', file({ name: 'weekly', schedule: 'weekly' }, 'renamed'), '--json');
    expect(JSON.parse(again.out) as Upserted[]).toMatchObject([
      { schedule: 'batch/renamed/weekly', what: 'created' },
      { schedule: 'batch/renamed/nightly', what: 'deleted', when: null },
    ]);
    expect(await sluice('describe', 'renamed', 'nightly')).toMatchObject({ code: 2 });
    expect(await sluice('describe', 'renamed-too', 'nightly')).toMatchObject({ code: 0 });
  }, 60_000);

  test('is in violation while a run is missing or late, by its exit code; a run that publishes makes it good', async () => {
    const nightly = file({ schedule: '0 4 * * *', within: '2h', input: 's3://data/hung/' }, 'late');
    await sluice('schedule', nightly);
    await world.put({ 'hung/a.csv': Array.from({ length: 200 }, (_, i) => `SLOW ${i}`).join('\n') });
    const dueMs = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS + 4 * HOUR_MS;
    const due = new Date(dueMs).toISOString();
    const seen = (afterMs: number) => sluiceAt(() => dueMs + afterMs, ['describe', 'late', 'nightly']);
    expect(await seen(60_000)).toMatchObject({ code: 0, out: expect.stringContaining('no violations') });
    const missing = await seen(HOUR_MS);
    expect(missing.code).toBe(14);
    expect(missing.out).toContain(`${due.slice(0, 16)}Z was never run (1h ago)`);
    await sluice('run', nightly, '--at', due);
    expect(await seen(HOUR_MS)).toMatchObject({ code: 0 });
    const late = await seen(3 * HOUR_MS);
    expect(late.code).toBe(14);
    expect(late.out).toMatch(/was not done within `within`: .* after its time/);
    await dev()
      .env.client.workflow.getHandle(`batch/late/nightly-${due.replace('.000Z', 'Z')}`)
      .result();
    expect(await seen(3 * HOUR_MS)).toMatchObject({ code: 0, out: expect.stringContaining('no violations') });
  }, 60_000);

  test('is backfilled for past dates, each with the data of its own date, over the day that has 25 hours', async () => {
    const dates = ['2026-10-23', '2026-10-24', '2026-10-25', '2026-10-26'];
    await data(...dates);
    const schedule = { schedule: '30 2 * * *', timezone: 'Europe/Berlin', dataLag: '1d' };
    await sluice('schedule', file(schedule, 'autumn'));
    const filled = await sluice(
      'backfill',
      'autumn',
      'nightly',
      '--from',
      '2026-10-24',
      '--to',
      '2026-10-27',
      '--json'
    );
    const { times } = JSON.parse(filled.out) as { readonly times: readonly string[] };
    // 02:30 comes twice on the 25th, and Temporal runs once, at the second of them.
    expect(times).toEqual([
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
      '2026-10-27T01:30:00.000Z',
    ]);
    await until(
      async () => (await view('autumn')).runs,
      (runs) => runs.filter(({ status }) => status === 'done').length === times.length
    );
    for (const date of dates) {
      const { manifest, results } = await world.published(`s3://data/scored/autumn/${date}/manifest.json`);
      expect(manifest.input).toBe(`s3://data/daily/${date}/`);
      expect(results).toEqual({ [`daily/${date}/a.csv`]: `10,${date}\n` });
    }
    expect(JSON.parse(await world.text('scored/autumn/latest.json'))).toMatchObject({
      manifest: 's3://data/scored/autumn/2026-10-26/manifest.json',
      before: 's3://data/scored/autumn/2026-10-25/manifest.json',
    });
  }, 90_000);

  test('has no run on the day on which its hour is skipped, and none is missed then', async () => {
    await data('2026-03-28', '2026-03-30');
    await sluice('schedule', file({ schedule: '30 2 * * *', timezone: 'Europe/Berlin' }, 'spring'));
    const filled = await sluice(
      'backfill',
      'spring',
      'nightly',
      '--from',
      '2026-03-28',
      '--to',
      '2026-03-30',
      '--json'
    );
    const { times } = JSON.parse(filled.out) as { readonly times: readonly string[] };
    expect(times).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
    await until(
      async () => (await view('spring')).runs,
      (runs) => runs.filter(({ status }) => status === 'done').length === 2
    );
    expect(await view('spring')).toMatchObject({ violations: [], missedCatchUp: 0 });
  }, 60_000);

  test('whose run fails pauses itself, and says so; a run by hand of that date makes it good', async () => {
    await sluice('schedule', file({ schedule: '0 4 * * *' }, 'broken'));
    await sluice('backfill', 'broken', 'nightly', '--from', '2026-11-02');
    const paused = await until(
      () => view('broken'),
      ({ paused }) => paused !== null
    );
    expect(paused.paused?.note).toMatch(/fail/i);
    expect(paused.runs).toMatchObject([{ nominalMs: Date.UTC(2026, 10, 2, 4), status: 'failed' }]);
    await data('2026-11-02');
    const made = await sluice(
      'run',
      file({ schedule: '0 4 * * *' }, 'broken'),
      '--at',
      '2026-11-02T04:00:00Z',
      '--watch'
    );
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^Published 1 of 1 records: s3:.*2026-11-02/) });
    expect((await view('broken')).runs.map(({ status }) => status)).toContain('done');
  }, 90_000);

  test('skips a run that is due while one runs, as `overlap: skip` says', async () => {
    await data('2026-11-03');
    const { client } = dev().env;
    await sluice('schedule', file({ schedule: { every: '1d' }, input: 's3://data/daily/2026-11-03/' }, 'busy'));
    await sluice('trigger', 'busy', 'nightly');
    await sluice('trigger', 'busy', 'nightly');
    const seen = await until(
      () => view('busy'),
      ({ skippedByOverlap }) => skippedByOverlap > 0
    );
    expect(seen).toMatchObject({ skippedByOverlap: 1, taken: 1 });
    const [first] = seen.runs;
    if (first !== undefined) await client.workflow.getHandle(first.id).result();
  }, 60_000);
});
