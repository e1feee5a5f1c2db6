import { describe, expect, test } from '@jest/globals';
import { boundaries, groupSequentialRules, obrienFleming, pocock } from '../../bench/guards/peers/group-sequential';
import { kayentaPath, shiftAt } from '../../bench/guards/peers/kayenta';
import { followOracle, oracleLimit } from '../../bench/guards/peers/oracle';
import { firstOver } from '../../bench/guards/peers/rule';
import type { Rule } from '../../bench/guards/peers/rule';
import { asymptoticSequence, betting, msprt } from '../../bench/guards/peers/sequential';
import { kthLargest, mOfN, windowRates } from '../../bench/guards/peers/threshold';
import type { Trace, Traffic } from '../../bench/guards/trace';
import referee from './fixtures/peers.json';

type Row = (typeof referee.traces)[number];

const traceOf = (row: Row): Trace => ({
  candidate: { n: Float64Array.from(row.nc), bad: Float64Array.from(row.xc) },
  incumbent: { n: Float64Array.from(row.nb), bad: Float64Array.from(row.xb) },
});

function expectClose(ours: ArrayLike<number>, theirs: readonly number[], within = 1e-9): void {
  expect(ours.length).toBe(theirs.length);
  theirs.forEach((value, i) => expect(Math.abs((ours[i] ?? NaN) - value)).toBeLessThanOrEqual(within));
}

describe.each(referee.traces)('the peers agree with the Python referee on $name', (row) => {
  const trace = traceOf(row);

  test('window rates, M of N and k-th largest, to 1e-9', () => {
    expectClose(windowRates(trace, 1), row.rates1);
    expectClose(windowRates(trace, 10), row.rates10);
    expectClose(mOfN(windowRates(trace, 1), 3, 3), row.mOfN['3 of 3']);
    expectClose(mOfN(windowRates(trace, 1), 3, 5), row.mOfN['3 of 5']);
    expectClose(mOfN(windowRates(trace, 10), 2, 2), row.mOfN['2 of 2']);
    expectClose(kthLargest(windowRates(trace, 5), 4), row.kth['4']);
    expectClose(kthLargest(windowRates(trace, 5), 1), row.kth['1']);
    expectClose(kthLargest(windowRates(trace, 1), 5), row.kth['5']);
  });

  test('every sequential rule stops at the same tick at every level', () => {
    for (const [key, stop] of Object.entries(row.stops)) {
      const [name, level] = key.split(' ');
      const alpha = Number(level);
      const [obf, even] = groupSequentialRulesFor(name, alpha);
      const rules: Readonly<Record<string, () => Rule | undefined>> = {
        msprt2: () => msprt({ tau: 0.01, alpha, sides: 2 }),
        msprt1: () => msprt({ tau: 0.01, alpha, sides: 1 }),
        asymptotic: () => asymptoticSequence({ sharpestAt: 5000, alpha }),
        betting: () => betting({ share: row.share, alpha }),
        obf: () => obf,
        pocock: () => even,
      };
      const rule = rules[name ?? '']?.();
      expect([key, rule?.stop(trace)]).toEqual([key, stop]);
    }
  });

  test('Kayenta judges High at the same quantiles, and its interval ends agree to 1e-9', () => {
    const rates = windowRates(trace, 1);
    const baseline = Float64Array.from(row.baseline);
    const path = kayentaPath(rates, baseline);
    const [x, y] = [rates.slice().sort(), baseline.slice().sort()];
    for (const [quantile, stop] of Object.entries(row.kayenta)) {
      const ours = firstOver(path, Number(quantile));
      expect([quantile, ours === 180 ? -1 : ours]).toEqual([quantile, stop]);
    }
    for (const [quantile, shift] of Object.entries(row.shifts)) {
      expect(Math.abs(shiftAt(x, y, Number(quantile)) - shift)).toBeLessThan(1e-9);
    }
  });
});

function groupSequentialRulesFor(name: string | undefined, alpha: number) {
  return name === 'obf' || name === 'pocock' ? groupSequentialRules(180, alpha) : [];
}

test('group-sequential boundaries agree with the referee to 1e-9; to 1e-6 while hardly any alpha is spent', () => {
  expectClose(boundaries(60, 0.01, pocock), referee.bounds.pocock);
  const [ours, theirs] = [boundaries(60, 0.01, obrienFleming), referee.bounds.obf];
  // The referee's spending comes from 1 − Φ, which keeps few digits of chances under 1e-9.
  expectClose(ours.slice(0, 12), theirs.slice(0, 12), 1e-6);
  expectClose(ours.slice(12), theirs.slice(12), 1e-8);
});

describe('the limit', () => {
  const traffic: Traffic = {
    ticks: 40,
    requestsPerTick: 600,
    share: 0.05,
    incumbentRate: 0.01,
    candidateRate: 0.05,
  };

  test('follows the log likelihood ratio of both known rates', () => {
    const arm = { n: Float64Array.from([30, 28]), bad: Float64Array.from([2, 1]) };
    const { highs } = followOracle({ ...traffic, ticks: 2 }, { candidate: arm, incumbent: arm });
    const first = 2 * Math.log(5) + 28 * Math.log(0.95 / 0.99);
    expect(highs[0]?.logRatio).toBeCloseTo(first, 12);
    expect(highs[0]?.exposed).toBe(30);
  });

  test('solves its threshold for exactly alpha by importance sampling', () => {
    const runs = [0.5, 1, 2, 3, 4].map((logRatio) => ({
      highs: [{ tick: 0, logRatio, exposed: 10 }],
      exposedInAll: 100,
    }));
    const limit = oracleLimit(runs, (Math.exp(-3) + Math.exp(-4)) / 5 + 1e-9);
    expect(limit.detected).toBe(0.4);
    expect(limit.logThreshold).toBeGreaterThan(2);
    expect(limit.exposed).toBe((2 * 10 + 3 * 100) / 5);
  });
});
