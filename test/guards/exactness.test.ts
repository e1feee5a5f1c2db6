import { describe, expect, test } from '@jest/globals';
import { hasCrossed, startEProcess, stepEProcess } from '../../guards/e-process';
import type { EProcessDesign } from '../../guards/e-process';
import { logPmf, normaliser, pmfWindow, support } from '../../guards/hypergeometric';
import type { CountFamily } from '../../guards/hypergeometric';
import { onsetMass } from '../../guards/onset';
import { passRoute, isHarmful, countRate, startRate } from '../../guards/rate';
import type { EProcessState, RatePlan, RateState } from '../../guards/types';
import { errorsPlan, tickOf } from './support';

/** All probabilities of a law at theta = numerator/denominator, in whole numbers of any size. */
function exactWeights(family: CountFamily, [numerator, denominator]: readonly [bigint, bigint]): bigint[] {
  const [low, high] = support(family);
  const weights = [denominator ** BigInt(high - low)];
  // A common factor cancels in the probabilities, so the first weight may be anything that keeps the rest whole.
  for (let u = low; u < high; u++) {
    const [up, down] =
      family.kind === 'binomial'
        ? [family.trials - u, u + 1]
        : [(family.drawn - u) * (family.events - u), (u + 1) * (family.others - family.events + u + 1)];
    weights.push((weights[u - low] ?? 0n) * BigInt(up) * numerator);
    for (let v = 0; v <= u - low; v++) weights[v] = (weights[v] ?? 0n) * BigInt(down) * denominator;
  }
  return weights;
}

/** log(a/b) of whole numbers to the last digit of a double. */
function logRatio(a: bigint, b: bigint): number {
  const shift = b.toString(2).length - a.toString(2).length + 80;
  return Math.log(Number((a << BigInt(shift)) / b)) - shift * Math.LN2;
}

/** The same recursion in fixed point with 120 digits, for laws too large for whole numbers. */
function preciseWeights(family: CountFamily, [numerator, denominator]: readonly [bigint, bigint]): Map<number, bigint> {
  const [low, high] = support(family);
  const peak = pmfWindow({ family, theta: Number(numerator) / Number(denominator) }).mode;
  const terms = (u: number): readonly [bigint, bigint] =>
    family.kind === 'binomial'
      ? [BigInt(family.trials - u) * numerator, BigInt(u + 1) * denominator]
      : [
          BigInt(family.drawn - u) * BigInt(family.events - u) * numerator,
          BigInt(u + 1) * BigInt(family.others - family.events + u + 1) * denominator,
        ];
  const weights = new Map([[peak, 10n ** 120n]]);
  for (let u = peak, weight = 10n ** 120n; u < high && weight > 0n; u++) {
    const [up, down] = terms(u);
    weight = (weight * up) / down;
    weights.set(u + 1, weight);
  }
  for (let u = peak, weight = 10n ** 120n; u > low && weight > 0n; u--) {
    const [up, down] = terms(u - 1);
    weight = (weight * down) / up;
    weights.set(u - 1, weight);
  }
  return weights;
}

const thetas = [
  [1n, 5n],
  [1n, 1n],
  [3n, 2n],
  [30n, 1n],
] as const;

describe('probabilities', () => {
  test.each([
    { kind: 'hypergeometric', drawn: 5, others: 7, events: 4 },
    { kind: 'hypergeometric', drawn: 30, others: 570, events: 9 },
    { kind: 'hypergeometric', drawn: 60, others: 20, events: 55 },
    { kind: 'binomial', trials: 40, odds: 1 },
  ] as const)('$kind %j agrees with whole-number arithmetic to 1e-12', (family) => {
    const [low] = support(family);
    for (const theta of thetas) {
      const weights = exactWeights(family, theta);
      const sum = weights.reduce((a, b) => a + b);
      weights.forEach((weight, i) => {
        const exact = logRatio(weight, sum);
        const ours = logPmf(family, Number(theta[0]) / Number(theta[1]), low + i);
        expect(Math.abs(ours - exact)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(exact)));
      });
    }
  });

  test.each([
    { kind: 'hypergeometric', drawn: 5000, others: 5000, events: 2100 },
    { kind: 'hypergeometric', drawn: 50_000, others: 950_000, events: 10_000 },
    { kind: 'hypergeometric', drawn: 500_000, others: 500_000, events: 300_000 },
    { kind: 'binomial', trials: 1_000_000, odds: 1 },
  ] as const)('$kind %j agrees with 120-digit arithmetic to 1e-12, near and far from the mode', (family) => {
    for (const theta of thetas) {
      const weights = preciseWeights(family, theta);
      let sum = 0n;
      let moment = 0n;
      for (const [u, weight] of weights) {
        sum += weight;
        moment += weight * BigInt(u);
      }
      const value = Number(theta[0]) / Number(theta[1]);
      const law = normaliser(family, value);
      expect(Math.abs(law.mean / (Number((moment * 10n ** 20n) / sum) / 1e20) - 1)).toBeLessThan(1e-12);
      const spread = [...weights].filter(([, weight]) => weight > 10n ** 80n).map(([u]) => u);
      const picks = [
        law.mode,
        ...[0.03, 0.2, 0.35, 0.65, 0.8, 0.97].map((q) => spread[Math.floor(q * spread.length)] ?? law.mode),
      ];
      for (const u of picks) {
        const exact = logRatio(weights.get(u) ?? 0n, sum);
        expect(Math.abs(logPmf(family, value, u) - exact)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(exact)));
      }
    }
  });
});

describe('the promise of one e-process, by counting every possible outcome', () => {
  const ticks: readonly CountFamily[] = [
    { kind: 'hypergeometric', drawn: 3, others: 9, events: 4 },
    { kind: 'hypergeometric', drawn: 6, others: 6, events: 3 },
    { kind: 'hypergeometric', drawn: 4, others: 2, events: 0 },
    { kind: 'hypergeometric', drawn: 5, others: 8, events: 5 },
    { kind: 'binomial', trials: 4, odds: 0.25 },
    { kind: 'hypergeometric', drawn: 2, others: 20, events: 6 },
  ];
  const alternatives = [
    { multiple: 1.5, prior: 0.3, latePrior: 0.1 },
    { multiple: 4, prior: 0.4, latePrior: 0.3 },
    { multiple: 60, prior: 0.3, latePrior: 0.6 },
  ];
  const onset = { atStart: 0.7, everyTicks: 2, horizonTicks: 5, withinHorizon: 0.2, beyondHorizon: 0.1 };

  /** Mean e-value and probability of crossing when the odds ratio is `truth` in every tick. */
  function enumerate(design: EProcessDesign, truth: number) {
    let mean = 0;
    let crossing = 0;
    const visit = (state: EProcessState, tick: number, probability: number): void => {
      const family = ticks[tick];
      if (hasCrossed(design, state) || family === undefined) {
        mean += probability * Math.exp(state.logE);
        if (hasCrossed(design, state)) crossing += probability;
        return;
      }
      const [low, high] = support(family);
      for (let count = low; count <= high; count++) {
        const next = stepEProcess({ design, state, family, count });
        visit(next, tick + 1, probability * Math.exp(logPmf(family, truth, count)));
      }
    };
    visit(startEProcess(design), 0, 1);
    return { mean, crossing };
  }

  const modes = [
    { title: 'plain', boosted: false, anticipation: 0 },
    { title: 'boosted', boosted: true, anticipation: 0 },
    { title: 'boosted, most of the overshoot anticipated', boosted: true, anticipation: 0.65 },
    { title: 'boosted, too much of it anticipated', boosted: true, anticipation: 2 },
  ];
  for (const { title: mode, ...boosting } of modes) {
    for (const alpha of [0.3, 0.05, 0.01]) {
      for (const nullTheta of [1, 1.5, 1 / 1.5]) {
        const design = { nullTheta, alternatives, logCap: -Math.log(alpha), ...boosting, onset };
        const title = `${mode}, alpha ${alpha}, bound ${nullTheta.toFixed(2)}`;
        test(`${title}: the mean e-value at the bound is 1 and crossing is no likelier than alpha`, () => {
          const { mean, crossing } = enumerate(design, nullTheta);
          expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
          expect(crossing).toBeLessThanOrEqual(alpha + 1e-12);
          expect(crossing).toBeGreaterThan(0);
        });
        test(`${title}: below the bound both are smaller`, () => {
          const atBound = enumerate(design, nullTheta);
          const below = enumerate(design, nullTheta * 0.6);
          expect(below.mean).toBeLessThan(1);
          expect(below.crossing).toBeLessThan(atBound.crossing);
        });
      }
    }
  }

  test('boosting decides more often than the plain test, at the same alpha', () => {
    const design = { nullTheta: 1, alternatives, logCap: -Math.log(0.05), onset };
    const plain = enumerate({ ...design, boosted: false }, 4);
    const boosted = enumerate({ ...design, boosted: true }, 4);
    expect(boosted.crossing).toBeGreaterThan(plain.crossing);
  });
});

describe('the promise of a whole guard, by counting every possible outcome', () => {
  /** Probability that the guard ever fails and that it ever passes, over three ticks of independent requests. */
  function enumerate(
    plan: RatePlan,
    rates: readonly { candidate: number; incumbent: number }[],
    n: readonly [number, number] = [3, 4]
  ) {
    const binomial = (trials: number, rate: number, count: number) =>
      Math.exp(logPmf({ kind: 'binomial', trials, odds: 1 }, rate / (1 - rate), count));
    const result = { fail: 0, pass: 0 };
    const visit = (p: {
      state: RateState;
      tick: number;
      probability: number;
      failed: boolean;
      passed: boolean;
    }): void => {
      const rate = rates[p.tick];
      if (rate === undefined) {
        if (p.failed) result.fail += p.probability;
        if (p.passed) result.pass += p.probability;
        return;
      }
      for (let x = 0; x <= n[0]; x++) {
        for (let y = 0; y <= n[1]; y++) {
          const state = countRate(plan, p.state, tickOf(p.tick, [x, n[0]], [y, n[1]]));
          visit({
            state,
            tick: p.tick + 1,
            probability: p.probability * binomial(n[0], rate.candidate, x) * binomial(n[1], rate.incumbent, y),
            failed: p.failed || isHarmful(plan, state),
            passed: p.passed || passRoute(plan, state).stands,
          });
        }
      }
    };
    visit({ state: startRate(plan), tick: 0, probability: 1, failed: false, passed: false });
    return result;
  }
  const plan: RatePlan = { ...errorsPlan, rollbackAlpha: 0.15, promoteAlpha: 0.4, promoteOddsRatio: 4 };

  test('equal arms fail no more often than the rollback budget, while the base rate jumps about', () => {
    const rates = [0.1, 0.6, 0.35].map((rate) => ({ candidate: rate, incumbent: rate }));
    const { fail } = enumerate(plan, rates);
    expect(fail).toBeLessThanOrEqual(0.15);
    expect(fail).toBeGreaterThan(0.01);
  });

  test('a candidate at its margin passes no more often than the promotion budget', () => {
    const rates = [0.2, 0.4, 0.3].map((rate) => {
      const odds = (4 * rate) / (1 - rate);
      return { candidate: odds / (1 + odds), incumbent: rate };
    });
    const { pass } = enumerate(plan, rates);
    expect(pass).toBeLessThanOrEqual(0.4);
    expect(pass).toBeGreaterThan(0.01);
  });

  test('a candidate at its margin and at its objective passes by neither route more often than the budget', () => {
    const incumbent = 0.3;
    const odds = (4 * incumbent) / (1 - incumbent);
    const candidate = odds / (1 + odds);
    const rates = [1, 2, 3].map(() => ({ candidate, incumbent }));
    const { pass } = enumerate({ ...plan, slo: candidate }, rates, [4, 3]);
    expect(pass).toBeLessThanOrEqual(0.4);
    expect(pass).toBeGreaterThan(0.01);
  });
});

test('onsets never bet more than the starting wealth, and never stop', () => {
  const schedule = { atStart: 0.9, everyTicks: 10, horizonTicks: 180, withinHorizon: 0.09, beyondHorizon: 0.01 };
  let total = 0;
  for (let tick = 0; tick < 200_000; tick++) total += onsetMass(schedule, tick);
  expect(total).toBeLessThanOrEqual(1 + 1e-12);
  expect(total).toBeGreaterThan(0.9999);
  expect(onsetMass(schedule, 100_000)).toBeGreaterThan(0);
});
