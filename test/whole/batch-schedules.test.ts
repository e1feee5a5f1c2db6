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
import { expectedTimes } from '../../worker/schedules/runs';
import { run } from '../scripts/run-main';
import { until } from '../scripts/until';

const dev = withDevServer();
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-schedules-'));
let world: BatchWorld;
const HOUR_MS = 3_600_000;
/** Where a test only triggers: not in the middle of it, whenever that is. */
const SELDOM = '365d';

beforeAll(async () => {
  world = await startBatchWorld(dev());
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

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
      file({ schedule: { every: SELDOM }, overlap: 'bufferOne', catchUpWindow: '2h' })
    );
    expect(again.out).toContain(`updated: every ${SELDOM}, UTC`);
    expect(await view('reviews')).toMatchObject({
      when: `every ${SELDOM}, UTC`,
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
  });

  test('is in violation while a run is missing or late, by its exit code; a run that publishes makes it good', async () => {
    // Half a day ahead, whenever this runs: the next time at which it is due, and not due meanwhile.
    const dueMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 12 * HOUR_MS;
    const due = new Date(dueMs).toISOString();
    // A request a record, so that it still runs when it is looked at.
    const slow = { input: 's3://data/hung/', strategy: 'SingleRecord', concurrency: 1 };
    const nightly = file({ schedule: `0 ${new Date(dueMs).getUTCHours()} * * *`, within: '2h', ...slow }, 'late');
    await sluice('schedule', nightly);
    await world.put({ 'hung/a.csv': Array.from({ length: 120 }, (_, i) => `SLOW ${i}`).join('\n') });
    const seen = (afterMs: number) => sluiceAt(() => dueMs + afterMs, ['describe', 'late', 'nightly']);
    expect(await seen(60_000)).toMatchObject({ code: 0, out: expect.stringContaining('no violations') });
    const missing = await seen(HOUR_MS);
    expect(missing.code).toBe(14);
    expect(missing.out).toContain(`${due.slice(0, 16)}Z was never run (1h ago)`);
    await sluice('run', nightly, '--at', due);
    await until(
      () => seen(HOUR_MS),
      ({ code }) => code === 0
    );
    const late = await seen(3 * HOUR_MS);
    expect(late.code).toBe(14);
    expect(late.out).toMatch(/was not done within `within`: .* after its time/);
    await dev()
      .env.client.workflow.getHandle(`batch/late/nightly-${due.replace('.000Z', 'Z')}`)
      .result();
    expect(await seen(3 * HOUR_MS)).toMatchObject({ code: 0, out: expect.stringContaining('no violations') });
  });

  test('is backfilled for past dates, each with the data of its own date, over the day that has 25 hours', async () => {
    const dates = ['2026-10-23', '2026-10-24', '2026-10-25', '2026-10-26'];
    await data(...dates);
    const schedule = { schedule: '30 2 * 10 *', timezone: 'Europe/Berlin', dataLag: '1d' };
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
  });

  test('has no run on the day on which its hour is skipped, and none is missed then', async () => {
    await data('2026-03-28', '2026-03-30');
    await sluice('schedule', file({ schedule: '30 2 * 3 *', timezone: 'Europe/Berlin' }, 'spring'));
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
  });

  // An hour that is skipped is not run; one that comes twice is run once, west of Greenwich twice.
  test.each([
    ['cron', '30 2 * * *', 'Europe/Berlin', '2026-03-29', []],
    ['cron', '30 2 * * *', 'Europe/Berlin', '2026-10-25', ['01:30']],
    ['cron', '30 1 * * *', 'Europe/London', '2026-10-25', ['01:30']],
    ['cron', '30 2 * * *', 'Australia/Sydney', '2026-04-04', ['16:30']],
    ['cron', '30 1 * * *', 'America/New_York', '2026-11-01', ['05:30', '06:30']],
    ['cron', '30 1 * * *', 'America/Los_Angeles', '2026-11-01', ['08:30', '09:30']],
    ['cron', '0 0-6 * * *', 'Europe/Berlin', '2026-10-25', ['00:00', '02:00', '03:00', '04:00', '05:00', '23:00']],
    ['cron', '0 0-3 * * *', 'America/New_York', '2026-11-01', ['04:00', '05:00', '06:00', '07:00', '08:00']],
    ['calendar', { calendar: [{ hour: [2], minute: [15] }] }, 'America/New_York', '2026-03-08', []],
    ['calendar', { calendar: [{ hour: [1], minute: [15] }] }, 'America/New_York', '2026-11-01', ['05:15', '06:15']],
    ['interval', { every: '12h' }, 'Europe/Berlin', '2026-03-29', ['00:00', '12:00']],
  ])('that is a %s (%j) in %s is due on %s as Temporal says: %j', async (kind, schedule, timezone, date, utc) => {
    const endpoint = `zones-${kind}-${date}-${timezone.replace(/[\W_]/g, '-')}`;
    await sluice('schedule', file({ schedule, timezone }, endpoint));
    const between = { fromMs: Date.parse(`${date}T00:00:00Z`) - 1, toMs: Date.parse(`${date}T23:00:00Z`) };
    const due = await expectedTimes(dev().env.client, `batch/${endpoint}/nightly`, between);
    expect(due.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(utc);
  });

  test('whose run fails pauses itself, and is in violation, by its exit code; a run by hand for that time makes it good', async () => {
    const broken = file({ schedule: { every: '2s' }, input: 's3://data/broken/' }, 'broken');
    await sluice('schedule', broken);
    const paused = await until(
      () => view('broken'),
      ({ paused, violations }) => paused !== null && violations.length > 0
    );
    expect(paused.paused?.note).toMatch(/fail/i);
    const [failed] = paused.violations;
    expect(failed).toMatchObject({ kind: 'failed', actualMs: expect.any(Number) });
    const seen = () => sluice('describe', 'broken');
    expect(await seen()).toMatchObject({ code: 14, out: expect.stringContaining('did not publish') });
    await world.put({ 'broken/a.csv': 'mended\n' });
    for (const { nominalMs } of paused.violations) {
      const made = await sluice('run', broken, '--at', new Date(nominalMs).toISOString(), '--watch');
      expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^Published 1 of 1 records: s3:/) });
    }
    await until(seen, ({ code }) => code === 0);
  });

  test.each([
    ['skip', 2, ['running'], { skipped: 1, runs: 1 }],
    ['bufferOne', 3, ['running'], { skipped: 1, runs: 2 }],
    ['bufferAll', 3, ['running'], { skipped: 0, runs: 3 }],
    ['cancelOther', 2, ['running', 'stopped'], { skipped: 0, runs: 2 }],
    ['terminateOther', 2, ['running', 'stopped'], { skipped: 0, runs: 2 }],
    ['allowAll', 2, ['running', 'running'], { skipped: 0, runs: 2 }],
  ] as const)(
    'with `overlap: %s`, due %i times while the first run goes on: newest first %j, in the end %j',
    async (overlap, times, statuses, end) => {
      const endpoint = `busy-${overlap}`;
      await world.put({ 'busy/a.csv': Array.from({ length: 600 }, (_, i) => `SLOW ${i}`).join('\n') });
      const often = { schedule: { every: SELDOM }, strategy: 'SingleRecord', concurrency: 1 };
      await sluice('schedule', file({ ...often, overlap, input: 's3://data/busy/' }, endpoint));
      for (let time = 1; time <= times; time += 1) {
        // A run's id tells seconds.
        const atMs = Date.now();
        await until(Date.now, (nowMs) => Math.floor(nowMs / 1_000) > Math.floor(atMs / 1_000));
        expect(await sluice('trigger', endpoint)).toMatchObject({ code: 0 });
        await until(
          () => view(endpoint),
          ({ taken }) => taken > 0
        );
      }
      const newestFirst = ({ runs }: ScheduleView): string => runs.map(({ status }) => status).join();
      await until(
        () => view(endpoint),
        (one) => newestFirst(one) === statuses.join() && one.skippedByOverlap === end.skipped
      );
      // What was buffered begins when the run before has ended; what was skipped never does.
      const { runs } = await until(
        async () => {
          const seen = await view(endpoint);
          for (const id of seen.running) await sluice('stop', id, '--why', 'seen enough');
          return seen;
        },
        (seen) => seen.running.length === 0 && seen.runs.length >= end.runs
      );
      expect(runs).toHaveLength(end.runs);
    }
  );
});

describe('sluice batch stop', () => {
  const stop = (id: string) => sluice('stop', id, '--why', 'wrong model');

  test('publishes nothing, and is refused in plain words for what is no run, has been stopped, or has ended', async () => {
    await world.put({ 'stopped/a.csv': Array.from({ length: 600 }, (_, i) => `SLOW ${i}`).join('\n') });
    const slow = file({ strategy: 'SingleRecord', concurrency: 1, input: 's3://data/stopped/' }, 'stopped');
    await sluice('run', slow, '--at', '2026-11-28T02:00:00Z');
    const id = 'batch/stopped/nightly-2026-11-28T02:00:00Z';
    expect(await sluice('run', slow, '--at', '2026-11-28T02:00:00Z')).toMatchObject({
      code: 2,
      err: `${id} is running already. Follow it: sluice batch watch ${id}\n`,
    });
    expect(await stop(id)).toMatchObject({ code: 0, out: `Stopping ${id}.\n` });
    const again = await stop(id);
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/refused: ana@example\.org has stopped it already: wrong model\.|has ended \(stopped\)/);
    expect(await sluice('watch', id)).toMatchObject({
      code: 15,
      out: 'Stopped by ana@example.org: wrong model. Nothing was published.\n',
    });
    expect(await stop(id)).toMatchObject({
      code: 2,
      err: `${id} has ended (stopped); there is nothing to stop. See it: sluice batch watch ${id}\n`,
    });
    expect(await world.keys('scored/stopped/')).toEqual([]);
    expect((await sluice('history', 'stopped')).out).toMatch(
      /^batch\/stopped\/nightly-2026-11-28T02:00:00Z {2}stopped /
    );
  });

  test.each([
    [
      'batch/stopped/nightly-2020-01-01T00:00:00Z',
      'There is no run batch/stopped/nightly-2020-01-01T00:00:00Z. List them: sluice batch history stopped\n',
    ],
    [
      'batch/stopped/nightly',
      'batch/stopped/nightly is a batch, not one of its runs. List them: sluice batch history stopped nightly\n',
    ],
    [
      'rollout/stopped/1',
      'rollout/stopped/1 is no run of a batch; one is called batch/<endpoint>/<name>-2026-11-28T02:00:00Z. List them: sluice batch history <endpoint>\n',
    ],
  ])('of %s is bad input, as watching it is', async (id, err) => {
    expect(await stop(id)).toMatchObject({ code: 2, out: '', err });
    expect(await sluice('watch', id)).toMatchObject({ code: 2, out: '', err });
  });
});
