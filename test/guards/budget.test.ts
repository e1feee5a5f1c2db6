import { describe, expect, test } from '@jest/globals';
import type { RatePlan } from '../../guards';
import { countRate, isHarmful, passRoute, startRate } from '../../guards/rate';
import { errorsPlan, seededCounts, tickOf } from './support';

interface Situation {
  readonly runs: number;
  readonly ticks: number;
  /** Requests of candidate and incumbent, and their rates, in a tick. */
  readonly at: (tick: number) => { readonly n: readonly [number, number]; readonly rates: readonly [number, number] };
}

/** Shares of runs in which the guard ever fails or passes, a look after every tick. */
function play(plan: RatePlan, { runs, ticks, at }: Situation, seed: number) {
  const counts = seededCounts(seed);
  let failed = 0;
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    let state = startRate(plan);
    let [fails, passes] = [false, false];
    for (let tick = 0; tick < ticks && !fails; tick++) {
      const { n, rates } = at(tick);
      state = countRate(plan, state, tickOf(tick, [counts(n[0], rates[0]), n[0]], [counts(n[1], rates[1]), n[1]]));
      fails = isHarmful(plan, state);
      passes ||= passRoute(plan, state).stands;
    }
    failed += Number(fails);
    passed += Number(passes);
  }
  return { failed: failed / runs, passed: passed / runs };
}

/** The budget plus 3.3 standard errors: a guard within its budget exceeds this once in two thousand seeds. */
const within = (budget: number, runs: number): number => budget + 3.3 * Math.sqrt((budget * (1 - budget)) / runs);

describe('the false-rollback budget', () => {
  const plan: RatePlan = { ...errorsPlan, rollbackAlpha: 0.1, horizonTicks: 40 };
  const situations: readonly (readonly [string, Situation['at']])[] = [
    ['steady traffic', () => ({ n: [30, 270], rates: [0.03, 0.03] })],
    [
      'an incident that hits both arms',
      (tick) => ({ n: [30, 270], rates: tick >= 10 && tick < 20 ? [0.3, 0.3] : [0.02, 0.02] }),
    ],
    [
      'a share that grows while errors rise',
      (tick) => ({ n: [15 + 4 * tick, 285 - 4 * tick], rates: [0.01 + 0.002 * tick, 0.01 + 0.002 * tick] }),
    ],
  ];
  test.each(situations)('holds at every look under %s', (_name, at) => {
    const { failed } = play(plan, { runs: 150, ticks: 40, at }, 1);
    expect(failed).toBeLessThanOrEqual(within(0.1, 150));
    expect(failed).toBeGreaterThan(0);
  });
});

test('the false-promotion budget holds for a candidate exactly at its margin', () => {
  const odds = 1.5 * (0.1 / 0.9);
  const at = () => ({ n: [50, 150], rates: [odds / (1 + odds), 0.1] }) as const;
  const plan: RatePlan = { ...errorsPlan, rollbackOddsRatio: 1.5, rollbackAlpha: 0.001, promoteAlpha: 0.1 };
  const { passed } = play(plan, { runs: 150, ticks: 40, at }, 2);
  expect(passed).toBeLessThanOrEqual(within(0.1, 150));
  expect(passed).toBeGreaterThan(0);
});

describe('a regression', () => {
  test('of five times the error rate is always found', () => {
    const at = () => ({ n: [30, 570], rates: [0.05, 0.01] }) as const;
    expect(play(errorsPlan, { runs: 40, ticks: 60, at }, 3).failed).toBe(1);
  });

  test('that begins after an hour is found, too', () => {
    const at = (tick: number) => ({ n: [30, 570], rates: [tick < 60 ? 0.01 : 0.05, 0.01] }) as const;
    expect(play({ ...errorsPlan, promoteOddsRatio: 1.5 }, { runs: 30, ticks: 110, at }, 4).failed).toBeGreaterThan(0.9);
  });

  test('that begins long after the horizon is found within ten ticks, because bets were kept back for it', () => {
    const at = (tick: number) => ({ n: [120, 1080], rates: [tick < 150 ? 0.01 : 0.05, 0.01] }) as const;
    expect(play({ ...errorsPlan, horizonTicks: 30 }, { runs: 20, ticks: 160, at }, 5).failed).toBeGreaterThan(0.85);
  });
});
