import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keptWindows, memoryBefore, memoryUri, windowHome } from '../../activities/monitoring/keep';
import { listSide } from '../../activities/monitoring/list-side';
import { lookAround } from '../../activities/monitoring/look-around';
import { parseS3Location } from '../../gateway/s3-location';
import { windowOf } from '../../rollout';
import type { TestSandbox } from '../support/sandbox/harness';
import { startTestSandbox } from '../support/sandbox/harness';
import { aMonitor } from '../support/monitored';

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const NOW_MS = Date.parse('2030-03-01T00:00:00Z');
/** Hours that a monitor has lived: more objects than ten listings show. */
const HOURS = 50 * 24;

let box: TestSandbox;
/** Since it was emptied: how many keys each listing has shown. */
let listings: number[] = [];

beforeAll(async () => {
  box = await startTestSandbox();
  await box.s3.createBucket({ Bucket: 'data' });
  const hours = Array.from({ length: HOURS }, (_, hour) => NOW_MS - (hour + 1) * HOUR_MS);
  await putAll([
    ...hours.flatMap((fromMs): [string, string][] => {
      const window = { fromMs, toMs: fromMs + HOUR_MS };
      return [
        [`${windowHome(hourly, window)}/outcome.json`, outcomeOf(window)],
        [memoryUri(hourly, window), JSON.stringify({ until: window.toMs })],
      ];
    }),
    ...hours.map((atMs): [string, string] => [labelKey(atMs), '{}']),
    ['s3://data/labels/by-hand.jsonl', '{}'],
  ]);
  box.s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { Contents, CommonPrefixes, $metadata } = result.output as Listing;
      if ($metadata && (Contents ?? CommonPrefixes))
        listings.push((Contents ?? []).length + (CommonPrefixes ?? []).length);
      return result;
    },
    { step: 'initialize', name: 'countListings' }
  );
});
afterAll(() => box.stop());

interface Listing {
  readonly Contents?: readonly unknown[];
  readonly CommonPrefixes?: readonly unknown[];
  readonly $metadata?: unknown;
}

const requestOf = (name: string, windowMs: number) =>
  ({
    monitor: aMonitor({ name, kind: 'dataQuality', windowMs, lateMs: 4 * HOUR_MS, to: 's3://data/reports' }),
    of: { endpoint: 'e', capture: { to: 's3://data/capture' }, schema: {}, baseline: {} },
  }) as never as Parameters<typeof keptWindows>[1];
const hourly = requestOf('hourly', HOUR_MS);

const outcomeOf = (window: { readonly fromMs: number; readonly toMs: number }) =>
  JSON.stringify({
    schema: 1,
    target: { variant: 'v1' },
    before: [],
    outcome: { window, sha256: 'of-what-was-there' },
  });

const labelKey = (atMs: number) =>
  `s3://data/labels/${new Date(atMs).toISOString().slice(0, 13).replace(/[-T]/g, '/')}/a.jsonl`;

async function putAll(objects: readonly (readonly [uri: string, body: string])[]): Promise<void> {
  const left = objects.values();
  const lane = async (): Promise<void> => {
    for (const [uri, Body] of left) await box.s3.putObject({ Bucket: 'data', Key: parseS3Location(uri).prefix, Body });
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

async function counted<T>(ask: () => Promise<T>): Promise<{ readonly answer: T; readonly listed: readonly number[] }> {
  listings = [];
  const answer = await ask();
  return { answer, listed: listings };
}

const sum = (of: readonly number[]) => of.reduce((total, count) => total + count, 0);

test('a monitor that has lived for fifty days lists the windows that may still be late, and no others', async () => {
  const { answer, listed } = await counted(() =>
    keptWindows(box.s3, hourly, { sinceMs: NOW_MS - 4 * HOUR_MS, untilMs: NOW_MS })
  );
  // The one that ends now is not over.
  expect(answer.map(({ outcome }) => (outcome.window.toMs - NOW_MS) / HOUR_MS)).toEqual([-3, -2, -1]);
  expect(listed).toHaveLength(1);
  expect(sum(listed)).toBeLessThanOrEqual(30);
});

test('what its detectors remember is found near the window, and far from it where it rested', async () => {
  const at = (fromMs: number) => memoryBefore(box.s3, hourly, { fromMs, toMs: fromMs + HOUR_MS });
  const near = await counted(() => at(NOW_MS - 7 * HOUR_MS));
  expect(near.answer).toEqual({ until: NOW_MS - 7 * HOUR_MS });
  // Twenty windows, and what the page shows beyond.
  expect(sum(near.listed)).toBeLessThanOrEqual(30);
  const rested = await counted(() => at(NOW_MS + 30 * DAY_MS));
  expect(rested.answer).toEqual({ until: NOW_MS });
  expect(sum(rested.listed)).toBeLessThanOrEqual(10 * 24);
  expect((await counted(() => at(NOW_MS + 300 * DAY_MS))).answer).toEqual({ until: NOW_MS });
  expect((await counted(() => at(NOW_MS - 51 * DAY_MS))).answer).toBeUndefined();
});

test('of labels that lie by the hour, those are listed that are asked for, and what lies by no hour', async () => {
  const hours = { fromMs: NOW_MS - 30 * HOUR_MS, toMs: NOW_MS - 20 * HOUR_MS };
  const { answer, listed } = await counted(() => listSide(box.s3, { from: 's3://data/labels', hours }));
  const wanted = Array.from({ length: 10 }, (_, hour) => labelKey(hours.fromMs + hour * HOUR_MS));
  expect(answer.map(({ key }) => key.source)).toEqual([...wanted, 's3://data/labels/by-hand.jsonl']);
  // Two days, the folders of a year and of a month.
  expect(sum(listed)).toBeLessThanOrEqual(2 * 24 + 2 * 31 + 12);
  const all = await listSide(box.s3, { from: 's3://data/labels', hours: null });
  expect(all).toHaveLength(HOURS + 1);
});

test('hours that many windows share are listed once', async () => {
  const minutely = requestOf('minutely', MINUTE_MS);
  const windows = Array.from({ length: 60 }, (_, minute) => windowOf(minutely.monitor, NOW_MS - minute * MINUTE_MS));
  await putAll(windows.map((window) => [`${windowHome(minutely, window)}/outcome.json`, outcomeOf(window)]));
  await putAll([['s3://data/capture/e/v1/2030/02/28/23/a.jsonl', '{}']]);
  const { answer, listed } = await counted(() =>
    lookAround({ s3: box.s3, heartbeat: () => undefined }, { request: minutely, nominalMs: NOW_MS })
  );
  expect(answer.late).toHaveLength(59);
  // Of windows, and of the hour.
  expect(listed).toHaveLength(2);
});
