import { describe, expect, test } from '@jest/globals';
import { allocate, countRewards, logPairCap, planBandit, standingOf, startBandit } from '../../guards/bandits';
import type { BanditPlan, BanditState, Cohort } from '../../guards/bandits';
import { startBoundedPair, stepBoundedPair } from '../../guards/bandits/bounded-pair';
import type { BoundedPairState, Moments } from '../../guards/bandits/types';
import { seededUniform } from '../../guards/random';
import { binomialSampler } from '../../guards/sampler';
import { seededCounts } from './support';

const key = (batch: number) => new Date(Date.UTC(2026, 0, 1, 0, batch)).toISOString();

/** Routes `size` requests by the weights in force and draws their successes; each arm at its own rate. */
function serve(p: {
  readonly plan: BanditPlan;
  readonly state: BanditState;
  readonly size: number;
  readonly rates: readonly number[];
  readonly draw: (n: number, rate: number) => number;
  readonly uniform: () => number;
}): Cohort {
  const { plan, state, size, rates, draw, uniform } = p;
  let [left, rest] = [size, plan.weightSum];
  return Object.fromEntries(
    plan.arms.map((name, i) => {
      const weight = state.weights[i] ?? 0;
      const n = weight >= rest ? left : binomialSampler(left, weight / rest)(uniform());
      left -= n;
      rest -= weight;
      return [name, { n, sum: n === 0 ? 0 : draw(n, rates[i] ?? 0) }];
    })
  );
}

describe('equal arms under adaptive allocation', () => {
  /** Share of runs in which any winner is declared. */
  function falseWinners(p: {
    readonly arms: number;
    readonly runs: number;
    readonly rate: (batch: number) => number;
    readonly seed: number;
  }) {
    const names = Array.from({ length: p.arms }, (_, i) => `v${i}`);
    const plan = planBandit({ arms: names, incumbent: 'v0', falseWinner: 0.2, floor: { least: 0.05, start: 0.05 } });
    const draw = seededCounts(p.seed);
    const uniform = seededUniform(p.seed + 1);
    let wrong = 0;
    for (let run = 0; run < p.runs; run++) {
      let state = startBandit(plan);
      for (let batch = 0; batch < 12 && standingOf(plan, state).kind !== 'winner'; batch++) {
        const rates = names.map(() => p.rate(batch));
        const arms = serve({ plan, state, size: 200, rates, draw, uniform });
        state = countRewards({ plan, state, evidence: { key: key(batch), cohorts: [{ batch, arms }] } }).state;
        state = allocate(plan, state).state;
      }
      if (standingOf(plan, state).kind === 'winner') wrong += 1;
    }
    return wrong / p.runs;
  }

  test.each([
    ['two', 2, () => 0.1],
    ['two that rise together', 2, (batch: number) => 0.05 + 0.03 * batch],
    ['three', 3, () => 0.1],
  ] as const)('%s arms: a false winner in at most the budget of runs, but not never', (_name, arms, rate) => {
    const runs = 200;
    const share = falseWinners({ arms, runs, rate, seed: 77 + arms });
    expect(share).toBeLessThanOrEqual(0.2 + 3 * Math.sqrt((0.2 * 0.8) / runs));
    if (arms === 2) expect(share).toBeGreaterThan(0.02);
  });
});

describe('the pairwise test, by counting every outcome of an adaptive design', () => {
  test('crosses with probability at most its level when the next batch sizes depend on the rewards seen', () => {
    const plan = planBandit({ arms: ['a', 'b'], incumbent: 'a', falseWinner: 0.4 });
    const rate = 0.4;
    const chance = (n: number, k: number) => choose(n, k) * rate ** k * (1 - rate) ** (n - k);
    const cap = logPairCap(plan);
    const crossed = { a: 0, b: 0, any: 0 };
    let total = 0;
    const visit = (state: BanditState, batch: number, probability: number): void => {
      const over = (name: string) =>
        (state.pairs.find(({ better }) => better === name)?.test.process.logE ?? 0) >= cap - 1e-9;
      if (batch === 3 || over('a') || over('b')) {
        total += probability;
        if (over('a')) crossed.a += probability;
        if (over('b')) crossed.b += probability;
        return;
      }
      // As greedy as can be: the leader gets 8 of 10 requests.
      const [a, b] = state.arms.map(({ total: { n, sum } }) => sum - rate * n);
      const na = batch === 0 || a === b ? 5 : (a ?? 0) > (b ?? 0) ? 8 : 2;
      const nb = 10 - na;
      for (let x = 0; x <= na; x++) {
        for (let y = 0; y <= nb; y++) {
          const arms = { a: { n: na, sum: x }, b: { n: nb, sum: y } };
          const evidence = { key: key(batch), cohorts: [{ batch: 0, arms }] };
          visit(countRewards({ plan, state, evidence }).state, batch + 1, probability * chance(na, x) * chance(nb, y));
        }
      }
    };
    visit(startBandit(plan), 0, 1);
    expect(total).toBeCloseTo(1, 10);
    for (const name of ['a', 'b'] as const) expect(crossed[name]).toBeLessThanOrEqual(Math.exp(-cap) + 1e-12);
    expect(crossed.a + crossed.b).toBeLessThanOrEqual(0.4);
    expect(crossed.a).toBeGreaterThan(0);
  });

  test('of bounded rewards has a mean wealth of at most 1 for equal means of different laws', () => {
    // better: 0 or 1 with chance 0.3; worse: 0, 0.3 or 0.6 with the same mean.
    const laws = {
      better: [
        { value: 0, chance: 0.7 },
        { value: 1, chance: 0.3 },
      ],
      worse: [
        { value: 0, chance: 0.25 },
        { value: 0.3, chance: 0.5 },
        { value: 0.6, chance: 0.25 },
      ],
    } as const;
    let mean = 0;
    const visit = (state: BoundedPairState, batch: number, probability: number): void => {
      if (batch === 3) {
        mean += probability * Math.exp(state.logE);
        return;
      }
      const lead = state.better.sum - 0.3 * state.better.n > 0;
      for (const x of sums(laws.better, lead ? 3 : 2)) {
        for (const y of sums(laws.worse, lead ? 1 : 2)) {
          const next = stepBoundedPair({ state, better: x.moments, worse: y.moments, logCap: 100 });
          visit(next, batch + 1, probability * x.chance * y.chance);
        }
      }
    };
    visit(startBoundedPair, 0, 1);
    expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    expect(mean).toBeGreaterThan(0.8);
  });

  test('of bounded rewards bets with what was seen before the cohort, never with the cohort itself', () => {
    const first = { better: { n: 40, sum: 22, sumSquares: 15 }, worse: { n: 60, sum: 24, sumSquares: 13 } };
    const second = { better: { n: 80, sum: 41, sumSquares: 30 }, worse: { n: 20, sum: 9, sumSquares: 6 } };
    const price = (stake: number, arm: Moments, mean: number) => {
      const lambda = stake / arm.n;
      return (-Math.log(1 - lambda) - lambda) * (arm.sumSquares - 2 * mean * arm.sum + arm.n * mean * mean);
    };
    const gain = (seen: typeof first | null, now: typeof first, difference: number) => {
      const guess = (arm: 'better' | 'worse') => {
        const { n, sum, sumSquares } = seen?.[arm] ?? { n: 0, sum: 0, sumSquares: 0 };
        const mean = (sum + 0.5) / (n + 1);
        return { mean, variance: (sumSquares - 2 * mean * sum + n * mean * mean + 1) / (n + 4) };
      };
      const variance = guess('better').variance / now.better.n + guess('worse').variance / now.worse.n;
      const stake = Math.min(difference / variance, Math.min(now.better.n, now.worse.n) / 2);
      const means = now.better.sum / now.better.n - now.worse.sum / now.worse.n;
      const prices = price(stake, now.better, guess('better').mean) + price(stake, now.worse, guess('worse').mean);
      return stake * means - prices;
    };
    const one = stepBoundedPair({ state: startBoundedPair, ...first, logCap: 100 });
    const two = stepBoundedPair({ state: one, ...second, logCap: 100 });
    [0.001, 0.003, 0.01, 0.03, 0.1, 0.3].forEach((difference, j) => {
      expect(two.logBets[j]).toBeCloseTo(
        -Math.log(6) + gain(null, first, difference) + gain(first, second, difference),
        10
      );
    });
    expect(Math.exp(two.logE)).toBeCloseTo(
      two.logBets.reduce((sum, bet) => sum + Math.exp(bet), 0),
      10
    );
  });

  test('of bounded rewards finds a real difference, sooner where rewards vary less', () => {
    const plan = planBandit({
      arms: ['a', 'b'],
      incumbent: 'a',
      reward: { kind: 'bounded', low: 0, high: 1, tosses: 1 },
    });
    const batchesUntil = (deviation: number) => {
      let state = startBandit(plan);
      for (let batch = 0; batch < 400; batch++) {
        // 500 rewards that lie evenly one deviation above and below the mean.
        const arm = (m: number) => ({ n: 500, sum: 500 * m, sumSquares: 500 * (m * m + deviation ** 2) });
        const cohorts = [{ batch: 0, arms: { a: arm(0.5), b: arm(0.52) } }];
        state = countRewards({ plan, state, evidence: { key: key(batch), cohorts } }).state;
        if (standingOf(plan, state).kind === 'winner') return batch + 1;
      }
      return Infinity;
    };
    expect(batchesUntil(0.05)).toBeLessThanOrEqual(3);
    expect(batchesUntil(0.4)).toBeLessThan(60);
    expect(batchesUntil(0.4)).toBeGreaterThan(batchesUntil(0.1));
  });
});

/** Every outcome of n independent draws. */
function sums(law: readonly { readonly value: number; readonly chance: number }[], n: number) {
  let all: readonly { readonly moments: Moments; readonly chance: number }[] = [
    { moments: { n: 0, sum: 0, sumSquares: 0 }, chance: 1 },
  ];
  for (let i = 0; i < n; i++) {
    all = all.flatMap(({ moments, chance }) =>
      law.map((draw) => ({
        moments: { n: moments.n + 1, sum: moments.sum + draw.value, sumSquares: moments.sumSquares + draw.value ** 2 },
        chance: chance * draw.chance,
      }))
    );
  }
  return all;
}

function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value *= (n - k + i) / i;
  return value;
}
