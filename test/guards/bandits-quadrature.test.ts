import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bernoulliDivergence, bestArmProbabilities, klUcbIndex, topTwoShares, withFloor } from '../../guards/bandits';
import { startEProcess, stepEProcess } from '../../guards/e-process';
import type { EProcessDesign } from '../../guards/e-process';
import { allAtStart } from '../../guards/onset';
import referee from './fixtures/bandits.json';

const betas = (shapes: readonly (readonly number[])[]) =>
  shapes.map(([alpha, beta]) => ({ alpha: alpha ?? NaN, beta: beta ?? NaN }));
const apart = (a: readonly number[], b: readonly number[]) =>
  Math.max(Math.abs(a.length - b.length), ...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))));

describe('P(arm is best)', () => {
  test.each(referee.best)('agrees with $by arithmetic for posteriors $shapes', ({ shapes, exact, by }) => {
    expect(apart(bestArmProbabilities(betas(shapes)), exact)).toBeLessThan(by === '40 digits' ? 1e-12 : 2e-11);
  });

  test('lies nearer to the truth than the 400-point trapezoid of the prototype, which is right to 1e-4', () => {
    const off = referee.best.map(({ exact, prototype }) => apart(exact, prototype));
    expect(Math.max(...off)).toBeLessThan(1e-4);
    expect(Math.max(...off)).toBeGreaterThan(1e-6);
  });

  test('is the closed form n/(n + 1) of a uniform arm against Beta(n, 1), also for far-away shapes', () => {
    for (const n of [1, 2, 10, 1000, 1e6]) {
      const [low, high] = bestArmProbabilities(
        betas([
          [1, 1],
          [n, 1],
        ])
      );
      expect(Math.abs((high ?? NaN) - n / (n + 1))).toBeLessThan(1e-12);
      expect(Math.abs((low ?? NaN) - 1 / (n + 1))).toBeLessThan(1e-12);
    }
  });

  const shape = fc.tuple(
    fc.double({ min: 1, max: 3000, noNaN: true }),
    fc.double({ min: 1, max: 30_000, noNaN: true })
  );

  test('does not depend on the order of arms, and sums to 1', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 2, maxLength: 5 }), (shapes) => {
        const forward = bestArmProbabilities(betas(shapes));
        const backward = bestArmProbabilities(betas([...shapes].reverse()));
        expect(apart(forward, [...backward].reverse())).toBeLessThan(1e-12);
        expect(Math.abs(forward.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 60, seed: 1 }
    );
  });

  test('never rises when a success of the arm becomes a failure, and no other arm falls', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 2, maxLength: 4 }), (shapes) => {
        const [first = [2, 2], ...rest] = shapes;
        const before = bestArmProbabilities(betas([[first[0] + 1, first[1]], ...rest]));
        const after = bestArmProbabilities(betas([[first[0], first[1] + 1], ...rest]));
        expect(after[0] ?? NaN).toBeLessThanOrEqual((before[0] ?? NaN) + 1e-12);
        for (let i = 1; i < after.length; i++)
          expect(after[i] ?? NaN).toBeGreaterThanOrEqual((before[i] ?? NaN) - 1e-12);
      }),
      { numRuns: 60, seed: 2 }
    );
  });
});

describe('agreement with the Python prototype to 1e-9', () => {
  test('top-two shares, also of arms that are nearly certain', () => {
    for (const { best, shares } of referee.topTwo) expect(apart(topTwoShares(best), shares)).toBeLessThan(1e-9);
    expect(topTwoShares([1, 0, 0])).toEqual([0.5, 0.25, 0.25]);
    expect(apart(topTwoShares([1 - 1e-12, 1e-12]), [0.5, 0.5])).toBeLessThan(1e-9);
  });

  test('floors', () => {
    for (const { shares, floor, floored } of referee.floors)
      expect(apart(withFloor(shares, floor), floored)).toBeLessThan(1e-9);
  });

  test('divergences', () => {
    for (const { p, q, kl } of referee.divergence) expect(Math.abs(bernoulliDivergence(p, q) - kl)).toBeLessThan(1e-9);
  });

  test('KL-UCB indices lie in the interval that the prototype stops its bisection at', () => {
    for (const { n, sum, trials, index } of referee.index) {
      const ours = klUcbIndex({ n, sum }, trials);
      expect(ours).toBeGreaterThanOrEqual(index - 1e-12);
      expect(ours).toBeLessThanOrEqual(index + 2 ** -25);
      expect(Math.abs(n * bernoulliDivergence(sum / n, ours) - Math.log(trials))).toBeLessThan(1e-6);
    }
  });

  test('paths of pairwise tests over batches of changing size', () => {
    const alternatives = referee.thetas.map((multiple, j) => ({ multiple, prior: referee.prior[j] ?? 0 }));
    for (const pair of referee.pairs) {
      for (const boosted of [false, true]) {
        const design: EProcessDesign = { nullTheta: 1, alternatives, logCap: referee.cap, boosted, onset: allAtStart };
        let state = startEProcess(design);
        (boosted ? pair.boosted : pair.plain).forEach((expected, t) => {
          const [a, x, b, y] = [pair.a[t] ?? 0, pair.x[t] ?? 0, pair.b[t] ?? 0, pair.y[t] ?? 0];
          const family = { kind: 'hypergeometric', drawn: a, others: b, events: x + y } as const;
          // The prototype stops at the cap; without boosting it stops where it crossed.
          if (state.logE < design.logCap - 1e-9) state = stepEProcess({ design, state, family, count: x });
          expect(Math.abs(state.logE - expected)).toBeLessThan(1e-9);
        });
      }
    }
  });
});
