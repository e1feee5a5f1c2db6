import { describe, expect, test } from '@jest/globals';
import { anytimeValue, evaluatePolicy, logCohort } from '../../guards/bandits';
import type { LoggedCell, TargetPolicy } from '../../guards/bandits';
import { seededUniform } from '../../guards/random';

const arms = ['a', 'b'] as const;
const rates: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  de: { a: 0.3, b: 0.6 },
  fr: { a: 0.5, b: 0.2 },
};
const policy: TargetPolicy = (segment, arm) => ((segment === 'de') === (arm === 'b') ? 0.9 : 0.1);
const valueIn = (segment: string) =>
  arms.reduce((sum, arm) => sum + policy(segment, arm) * (rates[segment]?.[arm] ?? 0), 0);

function cell(p: { batch: number; segment: string; arm: string; share: number; n: number; sum: number }): LoggedCell {
  const propensities = { a: 1 - p.share, b: p.share };
  return { ...p, arms, propensities, sumSquares: p.sum };
}

describe('off-policy evaluation', () => {
  test('is unbiased by counting every outcome of an adaptive log: IPS and doubly robust', () => {
    // Two batches of one request a segment; the second batch's propensities follow what the first one earned.
    const mean = { ips: 0, doublyRobust: 0 };
    let total = 0;
    const outcomes = (segment: string, batch: number, share: number) =>
      arms.flatMap((arm) => {
        const rate = rates[segment]?.[arm] ?? 0;
        const served = arm === 'b' ? share : 1 - share;
        return [0, 1].map((sum) => ({
          cell: cell({ batch, segment, arm, share, n: 1, sum }),
          chance: served * (sum === 1 ? rate : 1 - rate),
        }));
      });
    for (const one of outcomes('de', 0, 0.5)) {
      for (const two of outcomes('fr', 0, 0.5)) {
        const learnt = (first: LoggedCell) => ((first.arm === 'b') === (first.sum === 1) ? 0.8 : 0.15);
        for (const three of outcomes('de', 1, learnt(one.cell))) {
          for (const four of outcomes('fr', 1, learnt(two.cell))) {
            const chance = one.chance * two.chance * three.chance * four.chance;
            const value = evaluatePolicy([one.cell, two.cell, three.cell, four.cell], policy);
            total += chance;
            mean.ips += chance * value.ips.estimate;
            mean.doublyRobust += chance * value.doublyRobust.estimate;
          }
        }
      }
    }
    const truth = (valueIn('de') + valueIn('fr')) / 2;
    expect(total).toBeCloseTo(1, 12);
    expect(mean.ips).toBeCloseTo(truth, 12);
    expect(mean.doublyRobust).toBeCloseTo(truth, 12);
  });

  /** A seeded log of 20 batches whose shares follow the rewards. */
  function seededLog(seed: number): readonly LoggedCell[] {
    const uniform = seededUniform(seed);
    const cells: LoggedCell[] = [];
    const score = { de: 0, fr: 0 };
    for (let batch = 0; batch < 20; batch++) {
      for (const segment of ['de', 'fr'] as const) {
        const share = Math.min(0.8, Math.max(0.2, 0.5 + score[segment] / 100));
        const sums = { a: { n: 0, sum: 0 }, b: { n: 0, sum: 0 } };
        for (let i = 0; i < 40; i++) {
          const arm = uniform() < share ? 'b' : 'a';
          sums[arm].n += 1;
          sums[arm].sum += uniform() < (rates[segment]?.[arm] ?? 0) ? 1 : 0;
        }
        for (const arm of arms) cells.push(cell({ batch, segment, arm, share, ...sums[arm] }));
        score[segment] += sums.b.sum - sums.a.sum;
      }
    }
    return cells.filter(({ n }) => n > 0);
  }

  test('covers the truth as often as it says, and doubly robust has the smallest error', () => {
    const truth = (valueIn('de') + valueIn('fr')) / 2;
    const runs = 300;
    const covered = { ips: 0, snips: 0, doublyRobust: 0, anytime: 0 };
    const error = { ips: 0, snips: 0, doublyRobust: 0 };
    for (let run = 0; run < runs; run++) {
      const cells = seededLog(1000 + run);
      const value = evaluatePolicy(cells, policy);
      for (const name of ['ips', 'snips', 'doublyRobust'] as const) {
        const [low, high] = value[name].interval;
        if (low <= truth && truth <= high) covered[name] += 1;
        error[name] += (value[name].estimate - truth) ** 2;
      }
      const [low, high] = anytimeValue({ cells, policy, largestWeight: 5, alpha: 0.05 });
      if (low <= truth && truth <= high) covered.anytime += 1;
      expect(high - low).toBeLessThan(0.6);
    }
    for (const name of ['ips', 'snips', 'doublyRobust'] as const) expect(covered[name] / runs).toBeGreaterThan(0.91);
    expect(covered.anytime / runs).toBeGreaterThanOrEqual(0.95);
    expect(error.doublyRobust).toBeLessThan(error.ips);
  });

  test('the guaranteed interval needs no bound beforehand, holds as often, and is not widened by batches that hardly tried the policy', () => {
    const truth = (valueIn('de') + valueIn('fr')) / 2;
    const widths = { own: 0, fixed: 0 };
    let covered = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      // One batch gave b next to nothing.
      const starved = (['de', 'fr'] as const).map((segment) =>
        cell({ batch: 20, segment, arm: 'a', share: 0.002, n: 40, sum: Math.round(40 * (rates[segment]?.['a'] ?? 0)) })
      );
      const cells = [...seededLog(5000 + run), ...starved];
      const [low, high] = anytimeValue({ cells, policy, alpha: 0.05 });
      const [fixedLow, fixedHigh] = anytimeValue({ cells, policy, largestWeight: 450, alpha: 0.05 });
      if (low <= truth && truth <= high) covered += 1;
      widths.own += high - low;
      widths.fixed += fixedHigh - fixedLow;
    }
    expect(covered / runs).toBeGreaterThanOrEqual(0.95);
    expect(widths.own).toBeLessThan(0.6 * widths.fixed);
  });

  test('equals the plain mean when the policy is the one that logged', () => {
    const cells = seededLog(5).map((logged) => ({ ...logged, propensities: { a: 0.5, b: 0.5 } }));
    const mean = cells.reduce((sum, logged) => sum + logged.sum, 0) / cells.reduce((sum, { n }) => sum + n, 0);
    const same = evaluatePolicy(cells, () => 0.5);
    expect(same.ips.estimate).toBeCloseTo(mean, 12);
    expect(same.snips.estimate).toBeCloseTo(mean, 12);
    expect(same.ips.effectiveRequests).toBeCloseTo(same.requests, 6);
  });

  test('refuses a policy that the log says nothing about, and a weight beyond the stated bound', () => {
    const cells = [cell({ batch: 0, segment: 'de', arm: 'a', share: 0, n: 10, sum: 3 })];
    expect(() => evaluatePolicy(cells, () => 0.5)).toThrow('gives b traffic');
    expect(() => anytimeValue({ cells: seededLog(1), policy, largestWeight: 1, alpha: 0.05 })).toThrow(
      'exceeds the bound'
    );
    expect(() => evaluatePolicy([], policy)).toThrow('no requests');
  });

  test('the log holds the weights in force, and refuses requests of an arm whose weight was 0', () => {
    const allocation = { batch: 3, propensities: { a: 0.75, b: 0.25, c: 0 } };
    const cells = logCohort({ allocation, cohort: { a: { n: 30, sum: 3 }, b: { n: 10, sum: 2 } }, segment: 'de' });
    expect(cells.map(({ arm, n, propensities }) => [arm, n, propensities[arm]])).toEqual([
      ['a', 30, 0.75],
      ['b', 10, 0.25],
    ]);
    expect(() => logCohort({ allocation, cohort: { c: { n: 1, sum: 0 } } })).toThrow('its weight was 0');
  });
});
