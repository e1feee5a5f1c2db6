import { describe, expect, test } from '@jest/globals';
import { chooseMode, currentVerdict, measureDispersion, noisiest, planGuards, startGuard } from '../../../guards';
import type { RatePlan, TickEvidence } from '../../../guards';
import { countRate, isHarmful, startRate } from '../../../guards/rate';
import { addScore, stratumScore } from '../../../guards/noise/score';
import { quietTest, studentLogE, testInterval } from '../../../guards/noise/score-test';
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

describe('of several series of one guard', () => {
  const series = (phi: number, count: number) => {
    const scatter = { squares: phi * count, count };
    return { phi, ticks: scatter, blocks: scatter, blockTicks: 5 };
  };

  test('the noisiest counts, but not one of a few ticks: its noise is chance, and would stand for nothing measured', () => {
    const [fast, slow, rare] = [series(1.05, 60), series(1.3, 55), series(4, 6)];
    expect(noisiest([fast, rare, slow])).toBe(slow);
    expect(chooseMode({ subject: 'latency', measured: noisiest([fast, rare]) ?? null, wanted: 'exact' }).mode).toBe(
      'exact'
    );
  });

  test('where none tells enough, the one that tells most says how much is missing', () => {
    const most = series(1, 12);
    expect(noisiest([series(3, 4), most])).toBe(most);
    expect(chooseMode({ subject: 'latency', measured: most }).reason).toContain('only 12 ticks of the 30 needed');
    expect(noisiest([])).toBeUndefined();
  });
});

describe('agreement with the Python referee', () => {
  test.each(referee.noise)('$name: overdispersion of ticks and of blocks of ten to 1e-9', (row) => {
    expect(Math.abs(measureDispersion(ticksOf(row.n, row.aa), 10).phi - row.phi)).toBeLessThan(1e-9);
  });

  test.each(referee.noise)('$name: with φ known to be 1, every level reached in the same tick', (row) => {
    let sum = { score: 0, information: 0 };
    const known = { squares: 1e12, count: 1e12 };
    const stops = referee.levels.map(() => 60);
    ticksOf(row.n, row.ab).forEach(({ candidate: c, incumbent: i }, t) => {
      const family = { kind: 'hypergeometric', drawn: c.n, others: i.n, events: c.bad + i.bad } as const;
      sum = addScore(sum, stratumScore({ family, theta: 1, count: c.bad }));
      referee.levels.forEach((alpha, level) => {
        if (studentLogE(sum, known, 1) >= -Math.log(alpha) && stops[level] === 60) stops[level] = t;
      });
    });
    expect(stops).toEqual(row.plain);
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
  const measured = (phi: number, ticks = 60) => ({
    phi,
    ticks: { squares: phi * ticks, count: ticks },
    blocks: { squares: (phi * ticks) / 5, count: ticks / 5 },
    blockTicks: 5,
  });

  test.each([
    ['rate', null, 'exact', 'overdispersion not measured, taken as none'],
    ['rate', measured(1.02, 3000), 'exact', 'overdispersion 1.02 measured, shown to be below 1.15'],
    [
      'rate',
      measured(1.02),
      'both',
      'overdispersion 1.02 measured, but up to 1.94 cannot be excluded, so the exact test and that by scatter must agree',
    ],
    [
      'rate',
      measured(1.15),
      'fleetNoise',
      'overdispersion 1.15 measured, from 1.15 on arms are compared by their own scatter',
    ],
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
    expect(plan(1.02)).toMatchObject({ class: 'guaranteed', noise: { mode: 'both', phi: 1.02 } });
    expect(plan(2)).toMatchObject({ class: 'approximate', noise: { mode: 'fleetNoise', phi: 2 } });
  });
});

const QUIET = { ticks: { squares: 60, count: 60 }, blocks: { squares: 12, count: 12 } };

describe('where noise was neither shown nor excluded', () => {
  const both = (more: Partial<RatePlan> = {}): RatePlan => ({
    ...errorsPlan,
    noise: { mode: 'both', phi: 1, reason: 'few ticks', measured: { ...QUIET, blockTicks: 5 } },
    ...more,
  });
  const ticks = Array.from({ length: 40 }, (_, t) => tickOf(t, [2 + (t % 3), 100], [6, 570]));

  test('the e-value is never above that of the exact test, so that its guarantee holds', () => {
    let [together, alone] = [startRate(both()), startRate(errorsPlan)];
    for (const tick of ticks) {
      [together, alone] = [countRate(both(), together, tick), countRate(errorsPlan, alone, tick)];
      expect(together.harm.logE).toBeLessThanOrEqual(alone.harm.logE);
      expect(together.promote.logE).toBeLessThanOrEqual(alone.promote.logE);
    }
    expect(isHarmful(both(), together)).toBe(true);
  });

  test('the interval holds both intervals, and the state stays under 4 KB', () => {
    const [wide, exact] = [both({ slo: 0.02 }), errorsPlan].map((plan) => {
      const state = countAll(plan, ticks);
      const long = countAll(
        plan,
        Array.from({ length: 400 }, (_, t) => tickOf(t, [30_000 + (t % 7), 3_000_123], [570_012, 57_000_123]))
      );
      expect(JSON.stringify(long).length).toBeLessThan(4096);
      return currentVerdict(plan, state).numbers.interval;
    });
    expect(wide?.[0]).toBeLessThanOrEqual(exact?.[0] ?? NaN);
    expect(wide?.[1]).toBeGreaterThanOrEqual(exact?.[1] ?? NaN);
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
    expect(startGuard(noisyPlan(2)).noise?.harm.scored.test.sum.information).toBe(0);
  });

  test('shows an interval that the noise widens', () => {
    const [narrow, wide] = [1, 4].map((phi) => {
      const plan = noisyPlan(phi);
      return currentVerdict(plan, countAll(plan, repeat(30, [10, 300], [60, 2700]))).numbers.interval;
    });
    expect((wide?.[1] ?? 0) - (wide?.[0] ?? 0)).toBeGreaterThan(1.5 * ((narrow?.[1] ?? 0) - (narrow?.[0] ?? 0)));
    expect(testInterval(quietTest({ score: 0, information: 0 }, 1), 0.05)).toEqual([null, null]);
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
  /** Shares of runs that fail: arms wobble by a fifth for ten minutes at a time, from a random minute on; 100 requests/s. */
  function play(p: { mode: 'exact' | 'measured'; runs: number; factor: number }) {
    const uniform = seededUniform(77);
    const poisson = (mean: number) => {
      // Normal with continuity correction: counts here are around 30 and more.
      const x = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * x));
    };
    const trace = (factor: number) => {
      const phase = Math.floor(10 * uniform());
      let [a, b] = [1, 1];
      return Array.from({ length: 180 }, (_, t) => {
        if (t === 0 || (t + phase) % 10 === 0) [a, b] = [gammaOfMean1(0.2, uniform), gammaOfMean1(0.2, uniform)];
        return tickOf(t, [poisson(30 * factor * a), 3000], [poisson(30 * b), 3000]);
      });
    };
    let failed = 0;
    for (let run = 0; run < p.runs; run++) {
      const noise = chooseMode({ subject: 'rate', measured: measureDispersion(trace(1)) });
      const plan: RatePlan = { ...errorsPlan, rollbackAlpha: 0.05, ...(p.mode === 'exact' ? {} : { noise }) };
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
    expect(play({ mode: 'exact', runs: 30, factor: 1 })).toBeGreaterThan(0.4);
  });

  test('roll back no more often than the budget where an A/A phase showed it, which still finds a doubling', () => {
    expect(play({ mode: 'measured', runs: 200, factor: 1 })).toBeLessThanOrEqual(
      0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 200)
    );
    expect(play({ mode: 'measured', runs: 30, factor: 2 })).toBeGreaterThan(0.9);
  });
});
