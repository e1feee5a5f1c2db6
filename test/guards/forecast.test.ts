import { describe, expect, test } from '@jest/globals';
import { forecast } from '../../guards';
import type { RatePlan, Scenario } from '../../guards';
import { countRate, isHarmful, passRoute, startRate } from '../../guards/rate';
import { errorsPlan, seededCounts, tickOf } from './support';

/** When the real guard decides, tick by tick, on traffic of its own. */
function simulate(scenario: Scenario, decides: 'fail' | 'pass', runs: number) {
  const { plan } = scenario;
  const counts = seededCounts(99);
  const n = Math.round((scenario.requestsPerTick * scenario.sharePct) / 100);
  const others = scenario.requestsPerTick - n;
  const ticks: number[] = [];
  for (let run = 0; run < runs; run++) {
    let state = startRate(plan);
    for (let tick = 0; tick < plan.horizonTicks; tick++) {
      const evidence = tickOf(
        tick,
        [counts(n, scenario.candidateRate), n],
        [counts(others, scenario.incumbentRate), others]
      );
      state = countRate(plan, state, evidence);
      const failed = isHarmful(plan, state);
      const done = decides === 'fail' ? failed : passRoute(plan, state).stands;
      if (done) ticks.push(tick + 1);
      if (done || failed) break;
    }
  }
  ticks.sort((a, b) => a - b);
  return {
    expectedTicks: ticks.reduce((a, b) => a + b, 0) / ticks.length,
    ticks90: ticks[Math.ceil(0.9 * runs) - 1] ?? null,
    chance: ticks.length / runs,
  };
}

const scenario = (more: Partial<Scenario>, plan: Partial<RatePlan> = {}): Scenario => ({
  plan: { ...errorsPlan, ...plan },
  incumbentRate: 0.01,
  candidateRate: 0.01,
  requestsPerTick: 600,
  sharePct: 5,
  ...more,
});

describe('a forecast agrees with simulation within 15 %', () => {
  const cases: readonly (readonly [string, Scenario, 'fail' | 'pass', number])[] = [
    ['a fivefold error rate', scenario({ candidateRate: 0.05 }), 'fail', 600],
    ['a doubling at 20 % share', scenario({ candidateRate: 0.02, sharePct: 20 }), 'fail', 300],
    ['an equal model at half the traffic', scenario({ sharePct: 50, requestsPerTick: 2000 }), 'pass', 400],
    [
      'wrong labels, 20 to 24 %',
      scenario({ incumbentRate: 0.2, candidateRate: 0.24, requestsPerTick: 400, sharePct: 50 }),
      'fail',
      400,
    ],
    [
      'a better model by the absolute route',
      scenario({ incumbentRate: 0, candidateRate: 0.001, sharePct: 20 }, { slo: 0.01 }),
      'pass',
      800,
    ],
    [
      'less than one candidate request a tick',
      scenario({ candidateRate: 0.9, requestsPerTick: 10, incumbentRate: 0.1, sharePct: 10 }),
      'fail',
      1500,
    ],
  ];
  test.each(cases)('%s', (_name, situation, decides, runs) => {
    const real = simulate(situation, decides, runs);
    const { ticksToFail, ticksToPass } = forecast(situation);
    const foretold = decides === 'fail' ? ticksToFail : ticksToPass;
    expect(Math.abs((foretold?.expectedTicks ?? NaN) / real.expectedTicks - 1)).toBeLessThan(0.15);
    expect(Math.abs((foretold?.ticks90 ?? NaN) - (real.ticks90 ?? NaN))).toBeLessThanOrEqual(
      Math.max(1, 0.15 * (real.ticks90 ?? 0))
    );
    expect(Math.abs((foretold?.chance ?? NaN) - real.chance)).toBeLessThan(0.05);
  });
});

describe('a forecast', () => {
  test('says null where a decision will not come within the horizon', () => {
    expect(forecast(scenario({ candidateRate: 0.012 }, { horizonTicks: 30 }))).toEqual({
      ticksToFail: null,
      ticksToPass: null,
    });
    expect(forecast(scenario({ incumbentRate: 0, candidateRate: 0 }))).toEqual({
      ticksToFail: null,
      ticksToPass: null,
    });
    expect(forecast(scenario({ sharePct: 0, candidateRate: 0.5 }))).toEqual({ ticksToFail: null, ticksToPass: null });
  });

  test('says how many requests the candidate serves, and says the same twice', () => {
    const bad = scenario({ candidateRate: 0.05 });
    const { ticksToFail } = forecast(bad);
    expect(ticksToFail?.chance).toBe(1);
    expect(ticksToFail?.candidateRequests).toBeCloseTo(30 * (ticksToFail?.expectedTicks ?? NaN), 6);
    expect(forecast(bad)).toEqual(forecast(bad));
  });

  test('stays close to tick-by-tick play where it looks at later time in larger blocks', () => {
    // 0.3 candidate requests a tick: the same traffic in ticks thirty times as long must take a thirtieth of them.
    const fine = forecast(scenario({ candidateRate: 0.05, requestsPerTick: 60 }, { horizonTicks: 3000 })).ticksToFail;
    const coarse = forecast(
      scenario({ candidateRate: 0.05, requestsPerTick: 1800 }, { horizonTicks: 100 })
    ).ticksToFail;
    expect(Math.abs((fine?.expectedTicks ?? NaN) / 30 / (coarse?.expectedTicks ?? NaN) - 1)).toBeLessThan(0.4);
  });

  test('refuses numbers that are no rates, shares or traffic', () => {
    expect(() => forecast(scenario({ candidateRate: 1.2 }))).toThrow(RangeError);
    expect(() => forecast(scenario({ incumbentRate: NaN }))).toThrow(RangeError);
    expect(() => forecast(scenario({ sharePct: 101 }))).toThrow(RangeError);
    expect(() => forecast(scenario({ requestsPerTick: 0 }))).toThrow(RangeError);
  });
});
