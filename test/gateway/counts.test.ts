import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hourPrefixes, latencyBoundsMs, parseCounts, type CountsDocument } from '../../gateway';
import { countsKey, formatCounts, noCalls } from '../../gateway/counts-format';
import { CountsRecorder } from '../../gateway/counts-recorder';
import { latencyBucket } from '../../gateway/latency-buckets';

const identity = { gateway: 'g1', endpoint: 'reviews' };
const call = (atMs: number, variant: string | null = 'v1', status = 200) => ({ variant, status, latencyMs: 3, atMs });

function document(
  change: Partial<CountsDocument> & { readonly fromMs: number; readonly toMs: number }
): CountsDocument {
  const { fromMs, toMs, ...rest } = change;
  return {
    version: 2,
    ...identity,
    windowStart: new Date(fromMs).toISOString(),
    windowEnd: new Date(toMs).toISOString(),
    final: false,
    variants: {},
    unattributed: noCalls,
    ...rest,
  };
}

describe('the recorder', () => {
  test('loses and doubles no call, and leaves no gap between windows, however the clock moves', () => {
    const steps = fc.array(
      fc.record({
        moveMs: fc.integer({ min: -3_000, max: 5_000 }),
        variant: fc.constantFrom('v1', 'v2', null),
        status: fc.constantFrom(200, 404, 500),
        takes: fc.boolean(),
      }),
      { maxLength: 60 }
    );
    fc.assert(
      fc.property(steps, (moves) => {
        let nowMs = 1_000_000;
        const recorder = new CountsRecorder(identity, 1_000, nowMs);
        const documents: CountsDocument[] = [];
        for (const { moveMs, variant, status, takes } of moves) {
          nowMs += moveMs;
          recorder.record(call(nowMs, variant, status));
          if (takes) documents.push(...recorder.takeEnded(nowMs));
        }
        documents.push(...recorder.takeAll(nowMs));
        const lines = documents.flatMap((d) => [...Object.values(d.variants), d.unattributed]);
        const total = (pick: (line: (typeof lines)[number]) => number) =>
          lines.reduce((sum, line) => sum + pick(line), 0);
        expect(total((line) => line.requests)).toBe(moves.length);
        expect(total((line) => line.errors5xx)).toBe(moves.filter((m) => m.status === 500).length);
        expect(total((line) => line.errors4xx)).toBe(moves.filter((m) => m.status === 404).length);
        for (const [i, d] of documents.entries()) {
          expect(Date.parse(d.windowStart) % 1_000).toBe(0);
          expect(d.windowStart).toBe(documents[i - 1]?.windowEnd ?? d.windowStart);
          expect(d.final).toBe(i === documents.length - 1);
        }
        expect(new Set(documents.map((d) => countsKey('', d))).size).toBe(documents.length);
      })
    );
  });

  test('tells of a long idle stretch in one document', () => {
    const recorder = new CountsRecorder(identity, 1_000, 0);
    recorder.record(call(500));
    recorder.record(call(60_500));
    const windows = recorder.takeEnded(61_000).map((d) => [Date.parse(d.windowStart), Date.parse(d.windowEnd)]);
    expect(windows).toEqual([
      [0, 1_000],
      [1_000, 60_000],
      [60_000, 61_000],
    ]);
  });

  test('keeps the running window to itself until it is over', () => {
    const recorder = new CountsRecorder(identity, 1_000, 0);
    recorder.record(call(400));
    expect(recorder.takeEnded(999)).toEqual([]);
    expect(recorder.takeEnded(1_000)).toHaveLength(1);
  });
});

describe('the format', () => {
  const written = (): string => formatCounts(document({ fromMs: 0, toMs: 1_000 }));
  test('reads back what was written', () => {
    const recorder = new CountsRecorder(identity, 1_000, 0);
    recorder.record(call(10, 'v1'));
    recorder.record(call(20, null, 503));
    const taken = recorder.takeAll(30);
    expect(parseCounts(taken.map(formatCounts).join(''))).toEqual(taken);
    expect(parseCounts(written())).toHaveLength(1);
  });

  test.each([
    ['a line that is cut off', '{"version":2,"gateway":"g1"'],
    ['another version', written().replace('"version":2', '"version":1')],
    ['a negative count', written().replace('"requests":0', '"requests":-1')],
    ['a bucket that there is not', written().replace('"latencyCounts":[]', '"latencyCounts":[[900,1]]')],
    ['counts without their buckets', written().replace('"latencyCounts":[]', '"latencyCounts":[0,1]')],
    ['no time', written().replace('1970-01-01T00:00:01.000Z', 'soon')],
  ])('refuses %s instead of reading less traffic', (_, text) => {
    expect(() => parseCounts(text)).toThrow();
  });

  test('names keys that sort by time, below prefixes that a reader can list', () => {
    const hour = Date.UTC(2026, 11, 31, 23);
    const starts = [hour, hour + 9_000, hour + 59_000, hour + 600_000, hour + 3_600_000];
    const keys = starts.map((fromMs) => countsKey('a/b', document({ fromMs, toMs: fromMs + 1_000 })));
    expect([...keys].sort()).toEqual(keys);
    const prefixes = hourPrefixes({
      prefix: 'a/b',
      folder: 'reviews',
      fromMs: hour + 5_000,
      toMs: hour + 3_600_001,
    });
    expect(prefixes).toEqual(['a/b/reviews/2026/12/31/23/', 'a/b/reviews/2027/01/01/00/']);
    expect(keys.every((key) => prefixes.some((prefix) => key.startsWith(prefix)))).toBe(true);
  });

  test('has latency buckets whose bounds grow, and puts a bound into the bucket that it closes', () => {
    expect([...latencyBoundsMs].sort((a, b) => a - b)).toEqual(latencyBoundsMs);
    expect(new Set(latencyBoundsMs).size).toBe(latencyBoundsMs.length);
    for (const [i, bound] of latencyBoundsMs.entries()) {
      expect(latencyBucket(bound)).toBe(i);
      expect(latencyBucket(bound * 1.0001)).toBe(i + 1);
    }
    expect(latencyBucket(0)).toBe(0);
    const steps = latencyBoundsMs.slice(1).map((bound, i) => bound / (latencyBoundsMs[i] ?? 1));
    expect(Math.max(...steps)).toBeLessThan(1.06);
    expect(latencyBoundsMs.length).toBeLessThan(250);
  });
});
