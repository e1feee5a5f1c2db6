import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compute } from '../../sandbox/cloudwatch/stats/compute';
import { parseStatistic } from '../../sandbox/cloudwatch/stats/statistic';
import { coarsen, fromSamples, fromSummary, fromWeights, merge } from '../../sandbox/cloudwatch/store/distribution';

const NO_LIMIT = 1_000_000;
const samplesOf = (values: readonly number[]) => fromSamples(Float64Array.from(values), NO_LIMIT);

function stat(text: string, ...parts: readonly (readonly number[])[]): number | undefined {
  const statistic = parseStatistic(text);
  if (!statistic) throw new Error(`no statistic ${text}`);
  return compute(statistic, parts.map(samplesOf));
}

const oneToTen = [7, 1, 10, 4, 3, 9, 2, 6, 5, 8];

describe('a statistic', () => {
  test.each([
    ['SampleCount', 10],
    ['Sum', 55],
    ['Average', 5.5],
    ['Minimum', 1],
    ['Maximum', 10],
    ['p0', 1],
    ['p10', 1],
    ['p50', 5],
    ['p90', 9],
    ['p99.9', 10],
    ['p100', 10],
    ['tm90', 5],
    ['tc90', 9],
    ['ts90', 45],
    ['wm90', 5.4],
    ['IQM', 5.5],
    ['TM(20%:80%)', 5.5],
    ['TC(20%:80%)', 6],
    ['TS(80%:)', 19],
    ['WM(20%:80%)', 5.5],
    ['TC(3:7)', 4],
    ['TC(:3)', 3],
    ['TC(7:)', 3],
    ['TM(3:7)', 5.5],
    ['TS(3:7)', 22],
    ['WM(3:7)', 5.2],
    ['PR(:3)', 30],
    ['PR(3:7)', 40],
    ['PR(20:)', 0],
    ['TC(20:30)', 0],
  ])('%s of one to ten is %d', (text, expected) => {
    expect(stat(text, oneToTen)).toBeCloseTo(expected, 12);
    expect(stat(text, oneToTen.slice(0, 3), oneToTen.slice(3))).toBeCloseTo(expected, 12);
  });

  test('holds absolute bounds as CloudWatch does: the lower one out, the upper one in', () => {
    expect(stat('TC(500:1000)', [500, 501, 1000, 1001])).toBe(2);
  });

  test.each([
    'p',
    'p101',
    'tm',
    'pr90',
    'TM(:)',
    'TM(9:3)',
    'TM(3:3)',
    'TM(10%:90)',
    'PR(10%:90%)',
    'TM(10%:110%)',
    'average',
    '',
  ])('%j is none', (text) => {
    expect(parseStatistic(text)).toBeUndefined();
  });

  test('of nothing, or of an empty range, has no data point', () => {
    expect(stat('p99')).toBeUndefined();
    expect(stat('Average')).toBeUndefined();
    expect(stat('TM(20:30)', oneToTen)).toBeUndefined();
  });

  test('beyond the basic ones is unknown for a statistic set, except of equal samples', () => {
    const p50 = parseStatistic('p50');
    const set = fromSummary({ count: 4, sum: 10, min: 1, max: 4 });
    const equal = fromSummary({ count: 4, sum: 12, min: 3, max: 3 });
    if (!p50) throw new Error('no p50');
    expect(compute(p50, [set])).toBeUndefined();
    expect(compute({ kind: 'basic', name: 'Average' }, [set])).toBe(2.5);
    expect(compute(p50, [equal])).toBe(3);
  });
});

const samples = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 200 });
const percent = fc.integer({ min: 0, max: 100 });

describe('percentiles', () => {
  test('are the nearest rank of the sorted samples, however the samples are spread over seconds', () => {
    fc.assert(
      fc.property(samples, percent, fc.integer({ min: 0, max: 200 }), (values, p, cut) => {
        const sorted = [...values].sort((a, b) => a - b);
        const expected = sorted[Math.max(1, Math.ceil((values.length * p) / 100)) - 1];
        expect(stat(`p${p}`, values.slice(0, cut), values.slice(cut))).toBe(expected);
      }),
      { numRuns: 500 }
    );
  });

  test('agree with trimmed counts, trimmed sums and percentile ranks', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: -51, max: 49 }), fc.integer({ min: 1, max: 40 }), (values, low, width) => {
        const high = low + width;
        const inside = values.filter((value) => value > low && value <= high);
        const sum = inside.reduce((a, b) => a + b, 0);
        expect(stat(`TC(${low}:${high})`, values)).toBe(inside.length);
        expect(stat(`TS(${low}:${high})`, values)).toBe(sum);
        expect(stat(`PR(${low}:${high})`, values)).toBeCloseTo((100 * inside.length) / values.length, 9);
        expect(stat(`TM(${low}:${high})`, values)).toEqual(inside.length === 0 ? undefined : sum / inside.length);
      })
    );
  });
});

describe('coarse storage', () => {
  const latencies = fc.array(fc.double({ min: 1, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 3000 });

  test('keeps count, sum and extremes exactly and every percentile within the promised error', () => {
    fc.assert(
      fc.property(latencies, percent, (values, p) => {
        const exact = samplesOf(values);
        const coarse = coarsen(exact, 512);
        expect(coarse.values.length).toBeLessThanOrEqual(512);
        expect([coarse.count, coarse.sum, coarse.min, coarse.max]).toEqual([
          exact.count,
          exact.sum,
          exact.min,
          exact.max,
        ]);
        const statistic = parseStatistic(`p${p}`);
        const [a, b] = [exact, coarse].map((data) => (statistic ? compute(statistic, [data]) : undefined));
        // 512 values over 24 octaves leave at least four bits, that is 1/32.
        expect(Math.abs((a ?? 0) - (b ?? 0)) / (a ?? 1)).toBeLessThanOrEqual(1 / 32);
      }),
      { numRuns: 50 }
    );
  });

  test('does not touch what has few distinct values, and adds weights up', () => {
    const flags = fromWeights(
      new Map([
        [0, 1e9],
        [1, 3],
      ]),
      64
    );
    expect(merge([flags, flags], 64)).toMatchObject({ count: 2e9 + 6, sum: 6, min: 0, max: 1 });
    expect([...merge([flags, flags], 64).counts]).toEqual([2e9, 6]);
  });
});
