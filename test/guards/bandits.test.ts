import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  allocate,
  benchArm,
  countRewards,
  floorShare,
  planBandit,
  quantiseShares,
  startBandit,
  standingOf,
} from '../../guards/bandits';
import type { BanditPlan, BanditState, Cohort, RewardEvidence } from '../../guards/bandits';

const three = planBandit({ arms: ['v7', 'v8', 'v9'], incumbent: 'v7' });
const key = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
/** `[successes, n]` by arm. */
const cohort = (arms: Readonly<Record<string, readonly [number, number]>>): Cohort =>
  Object.fromEntries(Object.entries(arms).map(([name, [sum, n]]) => [name, { n, sum }]));
const window = (minute: number, batch: number, arms: Cohort): RewardEvidence => ({
  key: key(minute),
  cohorts: [{ batch, arms }],
});

function counted(plan: BanditPlan, state: BanditState, evidence: RewardEvidence): BanditState {
  const next = countRewards({ plan, state, evidence });
  expect(next.problem).toBeNull();
  return next.state;
}

describe('weights', () => {
  test('start equal, and go to the arm that earns most', () => {
    const start = startBandit(three);
    expect(start.weights).toEqual([3334, 3333, 3333]);
    const seen = counted(three, start, window(5, 0, cohort({ v7: [50, 1000], v8: [52, 1000], v9: [90, 1000] })));
    const { allocation, state } = allocate(three, seen);
    expect(allocation.changed).toBe(true);
    expect(allocation.weights['v9']).toBeGreaterThan(9900);
    expect(allocation.propensities['v9']).toBe((allocation.weights['v9'] ?? 0) / 10_000);
    expect(state.batch).toBe(1);
    expect(allocation.reason).toContain('(90 of 1000)');
  });

  test('are the same when arms are named in another order', () => {
    const other = planBandit({ arms: ['v9', 'v7', 'v8'], incumbent: 'v7' });
    const arms = cohort({ v7: [50, 1000], v8: [61, 1000], v9: [57, 1000] });
    const [a, b] = [three, other].map(
      (plan) => allocate(plan, counted(plan, startBandit(plan), window(5, 0, arms))).allocation
    );
    for (const name of three.arms) {
      expect(Math.abs((a?.weights[name] ?? NaN) - (b?.weights[name] ?? NaN))).toBeLessThanOrEqual(1);
      expect(a?.bestProbabilities[name]).toBeCloseTo(b?.bestProbabilities[name] ?? NaN, 12);
    }
  });

  test('are whole, not negative, and sum to what SageMaker is given, with every live arm at its floor or above', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 400 }), { minLength: 2, maxLength: 6 }),
        fc.constantFrom('thompson' as const, 'topTwoThompson' as const, 'klUcb' as const),
        fc.constantFrom(100, 1000, 10_000),
        (successes, kind, weightSum) => {
          const arms = successes.map((_, i) => `v${i}`);
          const floor = { least: 0.01, start: 0.05 };
          const plan = planBandit({ arms, incumbent: 'v0', allocator: { kind }, weightSum, floor, deadBand: 0 });
          const seen = window(
            5,
            0,
            cohort(Object.fromEntries(successes.map((sum, i) => [`v${i}`, [sum, 400] as const])))
          );
          const { weights } = allocate(plan, counted(plan, startBandit(plan), seen)).state;
          expect(weights.reduce((a, b) => a + b, 0)).toBe(weightSum);
          const least = floorShare({ floor, batch: 1, arms: arms.length }) * weightSum;
          for (const weight of weights) {
            expect(Number.isInteger(weight) && Math.fround(weight) === weight).toBe(true);
            expect(weight).toBeGreaterThanOrEqual(least - 1e-9);
          }
        }
      ),
      { numRuns: 60, seed: 3 }
    );
  });

  test('of an arm never rise when its rewards were worse, but for rounding', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 99 }),
        fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 3 }),
        (own, others) => {
          const arms = ['own', ...others.map((_, i) => `v${i}`)];
          const plan = planBandit({ arms, incumbent: 'own', deadBand: 0 });
          const weightAt = (sum: number) => {
            const rest = Object.fromEntries(others.map((s, i) => [`v${i}`, [s, 100] as const]));
            const seen = window(5, 0, cohort({ ...rest, own: [sum, 100] }));
            return allocate(plan, counted(plan, startBandit(plan), seen)).allocation.weights['own'] ?? NaN;
          };
          expect(weightAt(own)).toBeLessThanOrEqual(weightAt(own + 1) + 1);
        }
      ),
      { numRuns: 60, seed: 4 }
    );
  });

  test('stay where they are while no share would move by more than the dead-band', () => {
    const plan = planBandit({ arms: ['a', 'b'], incumbent: 'a', deadBand: 0.05 });
    const even = counted(plan, startBandit(plan), window(5, 0, cohort({ a: [50, 1000], b: [50, 1000] })));
    const first = allocate(plan, even);
    expect(first.allocation.changed).toBe(false);
    expect(first.allocation.reason).toContain('weights stay');
    const moved = counted(plan, first.state, window(10, 1, cohort({ a: [50, 1000], b: [70, 1000] })));
    expect(allocate(plan, moved).allocation.changed).toBe(true);
  });

  test('are quantised by largest remainders, and a share of 0 stays 0', () => {
    expect(quantiseShares([0.5, 0.2504, 0.2496], 1000)).toEqual([500, 250, 250]);
    expect(quantiseShares([1 / 3, 1 / 3, 1 / 3, 0], 100)).toEqual([34, 33, 33, 0]);
    expect(quantiseShares([0.1 + 0.2, 0.7], 10)).toEqual([3, 7]);
  });

  test('follow an arm that changed when old rewards are discounted', () => {
    const share = (discount: number) => {
      const plan = planBandit({ arms: ['a', 'b'], incumbent: 'a', discount });
      let state = startBandit(plan);
      for (let batch = 0; batch < 30; batch++) {
        const rates: readonly [number, number] = batch < 20 ? [60, 40] : [40, 60];
        state = counted(plan, state, window(batch, batch, cohort({ a: [rates[0], 500], b: [rates[1], 500] })));
        state = allocate(plan, state).state;
      }
      return (state.weights[1] ?? 0) / plan.weightSum;
    };
    expect(share(1)).toBeLessThan(0.2);
    expect(share(0.8)).toBeGreaterThan(0.8);
  });
});

describe('late and missing rewards', () => {
  const arms = ['a', 'b'] as const;
  const plan = planBandit({ arms, incumbent: 'a' });

  test('a pending request is no failure: weights stay equal until the first rewards come', () => {
    let state = startBandit(plan);
    for (let batch = 0; batch < 6; batch++) {
      state = counted(plan, state, { key: key(5 * batch), cohorts: [], served: { a: 1500, b: 1500 } });
      state = allocate(plan, state).state;
    }
    expect(state.weights).toEqual([5000, 5000]);
    expect(state.arms.map(({ served, total }) => served - total.n)).toEqual([9000, 9000]);
  });

  test('a censored request counts neither as success nor as failure, and is shown', () => {
    const full = counted(plan, startBandit(plan), window(5, 0, cohort({ a: [50, 500], b: [50, 500] })));
    const censored = counted(plan, startBandit(plan), {
      ...window(5, 0, { a: { n: 500, sum: 50 }, b: { n: 500, sum: 50, censored: 4000 } }),
    });
    expect(censored.arms.map(({ recent }) => recent)).toEqual(full.arms.map(({ recent }) => recent));
    expect(censored.pairs).toEqual(full.pairs);
    expect(censored.arms[1]?.censored).toBe(4000);
  });

  test('a late cohort of a counted batch is a stratum of its own', () => {
    const early = counted(plan, startBandit(plan), window(5, 0, cohort({ a: [50, 500], b: [70, 500] })));
    const evidence: RewardEvidence = {
      key: key(40),
      cohorts: [
        { batch: 0, arms: cohort({ a: [5, 50], b: [9, 50] }) },
        { batch: 1, arms: cohort({ a: [40, 400], b: [80, 600] }) },
      ],
    };
    const both = counted(plan, { ...early, batch: 1 }, evidence);
    const [one, other] = evidence.cohorts;
    const apart = counted(
      plan,
      counted(plan, { ...early, batch: 1 }, { key: key(40), cohorts: one === undefined ? [] : [one] }),
      { key: key(41), cohorts: other === undefined ? [] : [other] }
    );
    expect(both.pairs).toEqual(apart.pairs);
    expect(both.arms[0]?.total).toEqual({ n: 950, sum: 95 });
  });

  test('a late reward is discounted by the age of its request, not of its arrival', () => {
    const fading = planBandit({ arms, incumbent: 'a', discount: 0.5 });
    const state = { ...startBandit(fading), batch: 3 };
    const late = counted(fading, state, window(40, 1, cohort({ a: [8, 16] })));
    expect(late.arms[0]?.recent).toEqual({ n: 4, sum: 2 });
    expect(late.arms[0]?.total).toEqual({ n: 16, sum: 8 });
  });

  test('a window is counted once, however often it is delivered', () => {
    const evidence = window(5, 0, cohort({ a: [50, 500], b: [70, 500] }));
    const once = counted(plan, startBandit(plan), evidence);
    expect(counted(plan, once, evidence)).toEqual(once);
  });

  test.each<readonly [string, RewardEvidence]>([
    ['a stranger', window(5, 0, cohort({ c: [1, 2] }))],
    ['more successes than requests', window(5, 0, cohort({ a: [3, 2] }))],
    ['half a request', window(5, 0, cohort({ a: [1, 2.5] }))],
    ['NaN', window(5, 0, cohort({ a: [NaN, 2] }))],
    ['a batch of the future', window(5, 1, cohort({ a: [1, 2] }))],
    ['no time', { key: 'yesterday-ish', cohorts: [] }],
    ['negative censoring', window(5, 0, { a: { n: 2, sum: 1, censored: -1 } })],
  ])('a window with %s counts nothing and says why', (_name, evidence) => {
    const start = startBandit(plan);
    const { state, problem } = countRewards({ plan, state: start, evidence });
    expect(state).toBe(start);
    expect(problem).toContain('unusable');
  });
});

describe('benching', () => {
  test('an arm that a guard benched gets no weight, whatever it earns', () => {
    const seen = counted(
      three,
      startBandit(three),
      window(5, 0, cohort({ v7: [50, 1000], v8: [52, 1000], v9: [200, 1000] }))
    );
    let state = benchArm(three, seen, { arm: 'v9', reason: 'errors: 40 of 1,000 failed' });
    for (let batch = 1; batch < 5; batch++) {
      const next = allocate(three, state);
      expect(next.allocation.weights['v9']).toBe(0);
      expect(next.state.weights.reduce((a, b) => a + b, 0)).toBe(10_000);
      expect(next.allocation.reason).toContain('v9 is benched: errors: 40 of 1,000 failed');
      state = counted(three, next.state, window(5 + batch, batch, cohort({ v7: [50, 1000], v8: [52, 1000] })));
    }
  });

  test('goes around the dead-band: a benched arm with a tiny share still goes to 0', () => {
    const plan = planBandit({ ...three, deadBand: 1 });
    const state = benchArm(plan, startBandit(plan), { arm: 'v8', reason: 'errors' });
    expect(allocate(plan, state).allocation.weights['v8']).toBe(0);
  });

  test('is refused for the incumbent and for strangers', () => {
    expect(() => benchArm(three, startBandit(three), { arm: 'v7', reason: 'x' })).toThrow('incumbent');
    expect(() => benchArm(three, startBandit(three), { arm: 'v1', reason: 'x' })).toThrow('no arm');
  });

  test('leaves the last arm standing, which is not called a winner', () => {
    const two = planBandit({ arms: ['a', 'b'], incumbent: 'a' });
    const state = benchArm(two, startBandit(two), { arm: 'b', reason: 'errors' });
    expect(standingOf(two, state)).toMatchObject({ kind: 'lastStanding', arm: 'a' });
  });
});

describe('the race', () => {
  test('may be won by the incumbent', () => {
    const seen = counted(
      three,
      startBandit(three),
      window(5, 0, cohort({ v7: [200, 1000], v8: [100, 1000], v9: [90, 1000] }))
    );
    expect(standingOf(three, seen)).toMatchObject({ kind: 'winner', arm: 'v7' });
  });

  test('has no winner while one rival is not beaten', () => {
    const seen = counted(
      three,
      startBandit(three),
      window(5, 0, cohort({ v7: [200, 1000], v8: [195, 1000], v9: [90, 1000] }))
    );
    const standing = standingOf(three, seen);
    expect(standing).toMatchObject({ kind: 'undecided' });
    expect(standing.reason).toContain('120');
  });

  test('without evidence has no leader', () => {
    expect(standingOf(three, startBandit(three))).toMatchObject({ kind: 'undecided', leader: null });
  });
});

describe('plans and states', () => {
  test('states survive JSON, and go on the same', () => {
    const arms = cohort({ v7: [50, 1000], v8: [61, 1000], v9: [57, 1000] });
    const state = allocate(three, counted(three, startBandit(three), window(5, 0, arms))).state;
    const copy = JSON.parse(JSON.stringify(state)) as BanditState;
    expect(copy).toEqual(state);
    const next = window(10, 1, arms);
    expect(allocate(three, counted(three, copy, next))).toEqual(allocate(three, counted(three, state, next)));
    expect(JSON.stringify(state).length).toBeLessThan(4096);
  });

  test.each([
    [{ arms: ['a'] }, 'two arms'],
    [{ arms: ['a', 'a'] }, 'named twice'],
    [{ incumbent: 'z' }, 'incumbent z'],
    [{ discount: 0 }, 'discount'],
    [{ weightSum: 2 ** 25 }, 'sum to'],
    [{ falseWinner: 0 }, 'falseWinner'],
    [{ reward: { kind: 'bounded', low: 1, high: 1, tosses: 1 } as const }, 'no room'],
    [{ reward: { kind: 'bounded', low: 0, high: 1, tosses: 0.5 } as const }, 'coin tosses'],
  ])('the plan %j is refused', (change, words) => {
    expect(() => planBandit({ arms: ['a', 'b'], incumbent: 'a', ...change })).toThrow(words);
  });

  test('bounded rewards are scaled, checked, and worth as many coin tosses as the plan says', () => {
    const reward = { kind: 'bounded', low: 0, high: 50, tosses: 4 } as const;
    const plan = planBandit({ arms: ['a', 'b'], incumbent: 'a', reward });
    const arms = { a: { n: 100, sum: 10, sumSquares: 2 }, b: { n: 100, sum: 12, sumSquares: 3 } };
    const sharper = allocate(plan, counted(plan, startBandit(plan), window(5, 0, arms))).allocation.weights['b'] ?? 0;
    const coin = planBandit({ ...plan, reward: { ...reward, tosses: 1 } });
    const flatter = allocate(coin, counted(coin, startBandit(coin), window(5, 0, arms))).allocation.weights['b'] ?? 0;
    expect(sharper).toBeGreaterThan(flatter);
    expect(flatter).toBeGreaterThan(5000);
    const impossible = window(5, 0, { a: { n: 100, sum: 10, sumSquares: 11 } });
    expect(countRewards({ plan, state: startBandit(plan), evidence: impossible }).problem).toContain('impossible');
  });
});
