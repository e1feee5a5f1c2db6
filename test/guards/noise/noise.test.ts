import { describe, expect, test } from '@jest/globals';
import { chooseMode, currentVerdict, measureDispersion, planGuards, startGuard } from '../../../guards';
import type { RatePlan, TickEvidence } from '../../../guards';
import { countRate, isHarmful, startRate } from '../../../guards/rate';
import { logNormalCdf } from '../../../guards/noise/normal';
import { scoreInterval, scoreLogE, stratumScore } from '../../../guards/noise/score';
import { seededUniform } from '../../../guards/random';
import referee from '../fixtures/referee.json';
import { countAll, errorsPlan, tickOf } from '../support';

const noisyPlan = (phi: number, more: Partial<RatePlan> = {}): RatePlan => ({
  ...errorsPlan,
  class: 'approximate',
  noise: { mode: 'fleetNoise', phi, reason: `overdispersion ${phi} measured` },
  ...more,
});

const ticksOf = (n: readonly number[], [own, other]: readonly (readonly number[])[]): readonly TickEvidence[] =>
  (own ?? []).map((bad, t) => tickOf(t, [bad, n[0] ?? 0], [other?.[t] ?? 0, n[1] ?? 0]));

test.each([
  [0, Math.log(0.5)],
  [1, Math.log(0.8413447460685429)],
  [-1, Math.log(0.15865525393145705)],
  [2.6, Math.log(0.9953388119762813)],
  [-2.4, Math.log(0.008197535924596131)],
  [-8, Math.log(6.220960574271786e-16)],
  [-40, -804.6084420137538],
  [9, -1.1285884059538408e-19],
])('log Φ(%d) is right to a relative 1e-12', (z, expected) => {
  expect(Math.abs(logNormalCdf(z) / expected - 1)).toBeLessThan(1e-12);
});

describe('agreement with the Python referee', () => {
  test.each(referee.noise)('$name: overdispersion to 1e-9, and every level reached in the same tick', (row) => {
    expect(Math.abs(measureDispersion(ticksOf(row.n, row.aa)).phi - row.phi)).toBeLessThan(1e-9);
    const plan = noisyPlan(row.phi, { rollbackAlpha: 1e-300 });
    const [stops, plain] = [referee.levels.map(() => 60), referee.levels.map(() => 60)];
    let state = startRate(plan);
    let sum = { score: 0, information: 0 };
    ticksOf(row.n, row.ab).forEach((tick, t) => {
      state = countRate(plan, state, tick);
      const { candidate: c, incumbent: i } = tick;
      const one = stratumScore({
        family: { kind: 'hypergeometric', drawn: c.n, others: i.n, events: c.bad + i.bad },
        theta: 1,
        count: c.bad,
      });
      sum = { score: sum.score + one.score, information: sum.information + one.information };
      referee.levels.forEach((alpha, i) => {
        if (state.harm.logE >= -Math.log(alpha) && stops[i] === 60) stops[i] = t;
        if (scoreLogE(sum) >= -Math.log(alpha) && plain[i] === 60) plain[i] = t;
      });
    });
    expect(stops).toEqual(row.stops);
    expect(plain).toEqual(row.plain);
  });
});

describe('the score of a tick', () => {
  const family = { kind: 'hypergeometric', drawn: 40, others: 160, events: 30 } as const;

  test('is what Mantel and Haenszel say for equal arms', () => {
    const { score, information } = stratumScore({ family, theta: 1, count: 9 });
    expect(score).toBeCloseTo(9 - 6, 12);
    expect(information).toBeCloseTo((40 * 160 * 30 * 170) / (200 ** 2 * 199), 12);
  });

  test('has mean zero at the margin it is taken at', () => {
    for (const theta of [0.5, 1, 1.5, 4]) {
      let [mean, weightSum] = [0, 0];
      for (let u = 0, weight = 1; u <= 30; u++) {
        mean += weight * stratumScore({ family, theta, count: u }).score;
        weightSum += weight;
        weight *= (((40 - u) * (30 - u)) / ((u + 1) * (160 - 30 + u + 1))) * theta;
      }
      expect(Math.abs(mean / weightSum)).toBeLessThan(1e-9);
    }
  });
});

describe('the choice of mode, once, before the first request', () => {
  const measured = (phi: number, ticks = 60) => ({ phi, ticks, blocks: 6 });

  test.each([
    ['rate', null, 'exact', 'overdispersion not measured, taken as none'],
    ['rate', measured(1.05), 'exact', 'overdispersion 1.05 measured, below 1.15'],
    ['rate', measured(1.15), 'fleetNoise', 'overdispersion 1.15 measured, from 1.15 on variances are inflated by it'],
    ['rate', measured(9, 12), 'exact', 'overdispersion not measured (only 12 ticks of the 30 needed), taken as none'],
    ['latency', null, 'fleetNoise', 'overdispersion not measured, 1.5 assumed, as latency wobbles by itself'],
    ['latency', measured(1), 'fleetNoise', 'overdispersion 1 measured; latency wobbles by itself'],
  ] as const)('%s with %j is judged as %s', (subject, dispersion, mode, reason) => {
    expect(chooseMode({ subject, measured: dispersion })).toMatchObject({ mode, reason });
  });

  test('nobody can ask for exactness where noise was measured', () => {
    expect(chooseMode({ subject: 'latency', measured: measured(2), wanted: 'exact' }).mode).toBe('fleetNoise');
    expect(chooseMode({ subject: 'latency', measured: measured(1.02), wanted: 'exact' }).mode).toBe('exact');
  });

  test('is frozen in the plan, with the class that follows from it', () => {
    const guards = [
      {
        kind: 'errors',
        statuses: '5xx',
        rollbackAt: { oddsRatio: 1 },
        promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
        required: true,
      },
    ] as const;
    const budget = { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 };
    const plan = (phi: number) =>
      planGuards({ guards, budget, horizonTicks: 60, incumbent: {}, dispersion: { errors: measured(phi) } })[0];
    expect(plan(1.02)).toMatchObject({ class: 'guaranteed', noise: { mode: 'exact', phi: 1.02 } });
    expect(plan(2)).toMatchObject({ class: 'approximate', noise: { mode: 'fleetNoise', phi: 2 } });
  });
});

describe('a guard in the fleet-noise mode', () => {
  const repeat = (ticks: number, c: readonly [number, number], i: readonly [number, number]) =>
    Array.from({ length: ticks }, (_, t) => tickOf(t, c, i));

  test('says so in its verdict, with the reason', () => {
    const { reason, kind } = currentVerdict(noisyPlan(2), countAll(noisyPlan(2), repeat(3, [1, 30], [5, 570])));
    expect(kind).toBe('inconclusive');
    expect(reason).toMatch(/; approximate: overdispersion 2 measured$/);
  });

  test('needs more evidence the larger φ is, and fails and passes all the same', () => {
    const until = (plan: RatePlan, c: readonly [number, number], what: 'fail' | 'pass') => {
      for (let ticks = 1; ticks < 400; ticks++) {
        if (currentVerdict(plan, countAll(plan, repeat(ticks, c, [10, 570]))).kind === what) return ticks;
      }
      return Infinity;
    };
    const [quiet, loud] = [noisyPlan(1), noisyPlan(3)];
    expect(until(loud, [4, 100], 'fail')).toBeGreaterThan(2 * until(quiet, [4, 100], 'fail'));
    expect(until(loud, [1, 100], 'pass')).toBeGreaterThan(2 * until(quiet, [1, 100], 'pass'));
    expect(until(loud, [4, 100], 'fail')).toBeLessThan(400);
  });

  test('passes by its objective where nobody ever fails', () => {
    const plan = noisyPlan(2, { slo: 0.005 });
    const verdict = currentVerdict(plan, countAll(plan, repeat(200, [0, 60], [0, 540])));
    expect(verdict).toMatchObject({ kind: 'pass', numbers: { promote: { route: 'slo' } } });
  });

  test('stays failed once it failed', () => {
    const plan = noisyPlan(1.5);
    const failed = countAll(plan, repeat(60, [5, 100], [10, 570]));
    const recovered = Array.from({ length: 200 }, (_, t) => tickOf(60 + t, [0, 100], [10, 570]));
    const state = recovered.reduce((sum, tick) => countRate(plan, sum, tick), failed);
    expect(currentVerdict(plan, state).kind).toBe('fail');
  });

  test('remembers under 2 KB, and survives JSON', () => {
    const state = countAll(noisyPlan(2), repeat(50, [3, 300], [20, 5700]));
    const json = JSON.stringify(state);
    expect(json.length).toBeLessThan(2048);
    expect(JSON.parse(json)).toEqual(state);
    expect(startGuard(noisyPlan(2)).noise?.running.ticks).toBe(0);
  });

  test('shows an interval that the noise widens', () => {
    const [narrow, wide] = [1, 4].map((phi) => {
      const plan = noisyPlan(phi);
      return currentVerdict(plan, countAll(plan, repeat(30, [10, 300], [60, 2700]))).numbers.interval;
    });
    expect((wide?.[1] ?? 0) - (wide?.[0] ?? 0)).toBeGreaterThan(1.5 * ((narrow?.[1] ?? 0) - (narrow?.[0] ?? 0)));
    expect(scoreInterval({ score: 0, information: 0 }, 0.05)).toEqual([null, null]);
  });
});

/** Marsaglia and Tsang's gamma variates of mean 1. */
function gammaOfMean1(cv: number, uniform: () => number): number {
  const shape = 1 / (cv * cv);
  const d = shape - 1 / 3;
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

describe('arms whose own error rates wobble', () => {
  /** Shares of runs that fail, with equal arms: wobbling by half for ten minutes at a time, 100 requests/s. */
  function play(p: { robust: boolean; runs: number; factor: number }) {
    const uniform = seededUniform(77);
    const poisson = (mean: number) => {
      // Normal with continuity correction: counts here are around 30 and more.
      const x = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * x));
    };
    const trace = (factor: number) => {
      let [a, b] = [1, 1];
      return Array.from({ length: 180 }, (_, t) => {
        if (t % 10 === 0) [a, b] = [gammaOfMean1(0.2, uniform), gammaOfMean1(0.2, uniform)];
        return tickOf(t, [poisson(30 * factor * a), 3000], [poisson(30 * b), 3000]);
      });
    };
    let failed = 0;
    for (let run = 0; run < p.runs; run++) {
      const { phi } = measureDispersion(trace(1));
      const plan: RatePlan = p.robust
        ? noisyPlan(phi, { rollbackAlpha: 0.05 })
        : { ...errorsPlan, rollbackAlpha: 0.05 };
      let state = startRate(plan);
      for (const tick of trace(p.factor)) {
        state = countRate(plan, state, tick);
        if (isHarmful(plan, state)) break;
      }
      failed += Number(isHarmful(plan, state));
    }
    return failed / p.runs;
  }

  test('fool a per-request test far beyond its budget', () => {
    expect(play({ robust: false, runs: 30, factor: 1 })).toBeGreaterThan(0.4);
  });

  test('roll back hardly more often than the budget in the fleet-noise mode, which still finds a doubling', () => {
    expect(play({ robust: true, runs: 200, factor: 1 })).toBeLessThanOrEqual(
      0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 200)
    );
    expect(play({ robust: true, runs: 30, factor: 2 })).toBeGreaterThan(0.9);
  });
});
