import { describe, expect, test } from '@jest/globals';
import { addToCurve, flatCurve, oddsRatioInterval } from '../../guards/curve';
import { logPmf } from '../../guards/hypergeometric';
import type { CountFamily } from '../../guards/hypergeometric';
import { seededCounts } from './support';

type Tick = readonly [CountFamily, number];

/** The same interval by brute force: 4,000 odds ratios, each with its own likelihood. */
function bruteForce(ticks: readonly Tick[], alpha: number): readonly [number, number] {
  const grid = Array.from({ length: 4001 }, (_, i) => -3 + (6 * i) / 4000);
  const logLikelihood = grid.map((node) =>
    ticks.reduce((sum, [family, count]) => sum + logPmf(family, Math.exp(node), count), 0)
  );
  const highest = Math.max(...logLikelihood);
  const mixture = grid.reduce(
    (sum, node, i) =>
      sum +
      (Math.exp((logLikelihood[i] ?? 0) - highest - node ** 2 / (2 * 0.64)) / (0.8 * Math.sqrt(2 * Math.PI))) *
        (6 / 4000),
    0
  );
  const level = highest + Math.log(mixture) + Math.log(alpha);
  const inside = grid.filter((_, i) => (logLikelihood[i] ?? 0) >= level);
  return [Math.exp(Math.min(...inside)), Math.exp(Math.max(...inside))];
}

const tick = (x: number, a: number, y: number, b: number): Tick => [
  { kind: 'hypergeometric', drawn: a, others: b, events: x + y },
  x,
];
const curveOf = (ticks: readonly Tick[]) =>
  ticks.reduce((curve, [family, count]) => addToCurve(curve, family, count), flatCurve);

describe('the interval of the odds ratio', () => {
  const cases: readonly (readonly [string, readonly Tick[]])[] = [
    ['a handful of events', [tick(2, 30, 5, 570), tick(0, 30, 7, 570), tick(1, 30, 4, 570)]],
    ['an hour of small ticks', Array.from({ length: 60 }, (_, i) => tick(i % 3, 100, 10 + (i % 5), 900))],
    ['a clear regression', Array.from({ length: 10 }, () => tick(9, 100, 20, 900))],
    ['large ticks', Array.from({ length: 3 }, () => tick(2050, 10_000, 38_100, 190_000))],
  ];
  test.each(cases)('agrees with brute force on %s, and never lies inside it', (_name, ticks) => {
    const [low, high] = oddsRatioInterval(curveOf(ticks), 0.05);
    const [bruteLow, bruteHigh] = bruteForce(ticks, 0.05);
    // One step of the brute-force grid is 0.15 %.
    expect(Math.abs(Math.log((low ?? NaN) / bruteLow))).toBeLessThan(0.0035);
    expect(Math.abs(Math.log((high ?? NaN) / bruteHigh))).toBeLessThan(0.0035);
    expect(low).toBeLessThanOrEqual(bruteLow);
    expect(high).toBeGreaterThanOrEqual(bruteHigh);
  });

  test('is open on both sides without evidence, and below when the candidate never failed', () => {
    expect(oddsRatioInterval(flatCurve, 0.05)).toEqual([null, null]);
    const clean = curveOf(Array.from({ length: 20 }, () => tick(0, 100, 9, 900)));
    const [low, high] = oddsRatioInterval(clean, 0.05);
    expect(low).toBeNull();
    expect(high).toBeLessThan(1);
  });

  test('keeps its precision after ten million requests', () => {
    const [low, high] = oddsRatioInterval(
      curveOf(Array.from({ length: 10 }, () => tick(150_000, 500_000, 150_000, 500_000))),
      0.05
    );
    expect(low).toBeGreaterThan(0.99);
    expect(high).toBeLessThan(1.01);
  });

  test('misses the true odds ratio at any look no more often than promised, while the base rate drifts', () => {
    const counts = seededCounts(8);
    const truth = 1.5;
    let missed = 0;
    const runs = 150;
    for (let run = 0; run < runs; run++) {
      let curve = flatCurve;
      let miss = false;
      for (let t = 0; t < 40 && !miss; t++) {
        const rate = [0.05, 0.1, 0.2, 0.1][t % 4] ?? 0.1;
        const odds = (truth * rate) / (1 - rate);
        const x = counts(50, odds / (1 + odds));
        curve = addToCurve(curve, ...tick(x, 50, counts(150, rate), 150));
        const [low, high] = oddsRatioInterval(curve, 0.2);
        miss = (low !== null && truth < low) || (high !== null && truth > high);
      }
      if (miss) missed += 1;
    }
    expect(missed / runs).toBeLessThan(0.2);
    expect(missed).toBeGreaterThan(0);
  });
});
