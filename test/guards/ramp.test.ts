import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addToCurve, flatCurve, oddsRatioInterval } from '../../guards/curve';
import { hasCrossed } from '../../guards/e-process';
import { logPmf } from '../../guards/hypergeometric';
import { countRate, rateDesigns } from '../../guards/rate';
import { startGuard } from '../../guards';
import type { RateState } from '../../guards';
import { harmBudget, rampStep } from '../../guards/ramp';
import { oddsRatioUpperBound } from '../../guards/upper-bound';
import { countAll, errorsPlan, seededCounts, tickOf } from './support';

const counts = fc.tuple(
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 60, max: 3000 }),
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 60, max: 3000 })
);
const guard = (state: RateState) => [{ name: 'errors', state }];
const step = (state: RateState, currentPct: number) =>
  rampStep({ guards: guard(state), currentPct, maxPct: 50, h: 0.5, alpha: 0.05 });

describe('the one-sided upper bound of the odds ratio', () => {
  test('lies above the peak and below the upper end of the two-sided interval', () => {
    fc.assert(
      fc.property(counts, ([x, a, y, b]) => {
        const curve = addToCurve(flatCurve, { kind: 'hypergeometric', drawn: a, others: b, events: x + y }, x);
        const upper = oddsRatioUpperBound(curve, 0.05);
        const two = oddsRatioInterval(curve, 0.05)[1];
        if (two === null) return;
        expect(upper).not.toBeNull();
        expect(upper ?? NaN).toBeLessThanOrEqual(two * (1 + 1e-9));
        const looser = oddsRatioUpperBound(curve, 0.2);
        expect(looser ?? NaN).toBeLessThanOrEqual((upper ?? NaN) * (1 + 1e-9));
      }),
      { numRuns: 60, seed: 1 }
    );
  });

  test.each([
    [3, 300, 57, 5700],
    [30, 3000, 570, 57_000],
    [12, 900, 20, 900],
    [500, 50_000, 9500, 950_000],
  ])('is where the mixture over smaller odds ratios beats it 1/alpha-fold: %i of %i against %i of %i', (x, a, y, b) => {
    const family = { kind: 'hypergeometric', drawn: a, others: b, events: x + y } as const;
    const upper = oddsRatioUpperBound(addToCurve(flatCurve, family, x), 0.05) ?? NaN;
    const top = logPmf(family, upper, x);
    // By brute force: midpoints of 4,000 cells below the bound, with the prior that the interval has.
    const cells = 4000;
    let [mean, prior] = [0, 0];
    for (let i = 0; i < cells; i++) {
      const place = -3 + ((Math.log(upper) + 3) * (i + 0.5)) / cells;
      const weight = Math.exp(-0.5 * (place / 0.8) ** 2);
      prior += weight;
      mean += weight * Math.exp(logPmf(family, Math.exp(place), x) - top);
    }
    // Between two of its places the bound uses the mixture below the lower one, which is as valid: hence the slack.
    expect(Math.abs(Math.log(mean / prior) - Math.log(20))).toBeLessThan(0.03);
  });

  test('is rarely passed by the true odds ratio, over all looks together', () => {
    const draw = seededCounts(31);
    const runs = 150;
    let missed = 0;
    const truth = 0.015 / 0.985 / (0.01 / 0.99);
    for (let run = 0; run < runs; run++) {
      let curve = flatCurve;
      let below = false;
      for (let tick = 0; tick < 25; tick++) {
        const [x, y] = [draw(300, 0.015), draw(900, 0.01)];
        curve = addToCurve(curve, { kind: 'hypergeometric', drawn: 300, others: 900, events: x + y }, x);
        below = below || (oddsRatioUpperBound(curve, 0.2) ?? Infinity) < truth;
      }
      if (below) missed += 1;
    }
    expect(missed / runs).toBeLessThanOrEqual(0.2 + 3 * Math.sqrt((0.2 * 0.8) / runs));
    expect(missed / runs).toBeGreaterThan(0.02);
  });

  test('closes in on a very sharp likelihood, and is open without evidence', () => {
    const sharp = addToCurve(flatCurve, { kind: 'hypergeometric', drawn: 5e6, others: 95e6, events: 1e6 }, 50_000);
    expect(oddsRatioUpperBound(sharp, 0.05)).toBeGreaterThan(1);
    expect(oddsRatioUpperBound(sharp, 0.05)).toBeLessThan(1.03);
    expect(oddsRatioUpperBound(flatCurve, 0.05)).toBeNull();
  });
});

describe('the harm-budget ramp', () => {
  const good = Array.from({ length: 40 }, (_, t) => tickOf(t, [2, 300], [3, 300]));

  test('stays without evidence and without guards', () => {
    expect(step(startGuard(errorsPlan), 5)).toMatchObject({ sharePct: 5, upperOddsRatio: null });
    expect(rampStep({ guards: [], currentPct: 5, maxPct: 50, h: 0.5, alpha: 0.05 }).sharePct).toBe(5);
  });

  test('grows as evidence rules harm out, never falls, and ends at the most that was asked for', () => {
    let share = 5;
    const shares = good.map((_, t) => {
      share = step(countAll(errorsPlan, good.slice(0, t + 1)), share).sharePct;
      return share;
    });
    expect(shares.every((value, t) => t === 0 || value >= (shares[t - 1] ?? 0))).toBe(true);
    expect(shares[0]).toBeLessThan(50);
    expect(shares[shares.length - 1]).toBe(50);
    expect(new Set(shares).size).toBeGreaterThan(2);
  });

  test('is h over the excess of the bound, exactly', () => {
    const state = countAll(errorsPlan, [tickOf(0, [30, 3000], [570, 57_000])]);
    const upper = oddsRatioUpperBound(state.curve, 0.05) ?? NaN;
    expect(upper).toBeGreaterThan(1.2);
    expect(rampStep({ guards: guard(state), currentPct: 5, maxPct: 100, h: 0.2, alpha: 0.05 })).toMatchObject({
      sharePct: (100 * 0.2) / (upper - 1),
      upperOddsRatio: upper,
    });
  });

  test('never shrinks a share, whatever the evidence, and worse counts never raise it', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 50 }), ([x, a, y, b], currentPct) => {
        const at = (bad: number) => step(countAll(errorsPlan, [tickOf(0, [bad, a], [y, b])]), currentPct).sharePct;
        expect(at(x)).toBeGreaterThanOrEqual(currentPct);
        if (x < a) expect(at(x + 1)).toBeLessThanOrEqual(at(x) + 1e-9);
      }),
      { numRuns: 40, seed: 5 }
    );
  });

  test('is led by the guard that excludes least', () => {
    const better = countAll(errorsPlan, good);
    const fresh = countAll(errorsPlan, good.slice(0, 4));
    const both = [
      { name: 'errors', state: better },
      { name: 'quality', state: fresh },
    ];
    const together = rampStep({ guards: both, currentPct: 5, maxPct: 50, h: 0.5, alpha: 0.05 });
    expect(together.sharePct).toBe(step(fresh, 5).sharePct);
    expect(together.reason).toContain('quality');
  });
});

describe('a budget of extra failures', () => {
  const asked = { extraFailures: 60, incumbentRate: 0.01, requests: 36_000, startPct: 5, alpha: 0.05 };

  test('becomes h, and says in one sentence what it promises', () => {
    const budget = harmBudget(asked);
    expect(budget.h).toBeCloseTo(60 / 360, 12);
    expect(budget.coveredOddsRatio).toBeCloseTo(1 + 60 / 360 / 0.05, 12);
    expect(budget.statement).toBe(
      'with 95 % confidence at most 60 extra failures are expected among 36,000 requests (the incumbent alone: 360) whenever the share grows; ' +
        'the 5 % at the start keep this up to an odds ratio of 4.33'
    );
  });

  test.each([{ extraFailures: 0 }, { incumbentRate: 0 }, { requests: 0 }, { startPct: 0 }, { extraFailures: NaN }])(
    'is refused when it is none: %j',
    (change) => {
      expect(() => harmBudget({ ...asked, ...change })).toThrow(RangeError);
    }
  );

  test('is kept by simulated ramps at any regression, the rollback doing its part', () => {
    const { h } = harmBudget(asked);
    const harm = rateDesigns(errorsPlan).harm;
    const meanExtra = (rate: number, runs: number) => {
      const draw = seededCounts(Math.round(rate * 1e6));
      let extra = 0;
      for (let run = 0; run < runs; run++) {
        let state = startGuard(errorsPlan);
        let share = 5;
        for (let tick = 0; tick < 60 && !hasCrossed(harm, state.harm); tick++) {
          const n = Math.round((600 * share) / 100);
          extra += n * (rate - 0.01);
          state = countRate(errorsPlan, state, tickOf(tick, [draw(n, rate), n], [draw(600 - n, 0.01), 600 - n]));
          share = rampStep({ guards: guard(state), currentPct: share, maxPct: 50, h, alpha: 0.05 }).sharePct;
        }
      }
      return extra / runs;
    };
    for (const rate of [0.0125, 0.02, 0.05, 0.3]) expect(meanExtra(rate, 20)).toBeLessThan(60);
    // The budget is used, not hoarded: at a quarter worse the ramp goes on to large shares.
    expect(meanExtra(0.0125, 20)).toBeGreaterThan(5);
  });
});
