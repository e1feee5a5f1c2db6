import { expect, test } from '@jest/globals';
import { planLatency } from '../../guards';
import type { Evidence, GuardPlan, RatePlan } from '../../guards';
import {
  drifted,
  foretellDrift,
  foretellLatency,
  foretellMean,
  foretellPairs,
  foretellRate,
  foretellShift,
} from '../../guards/foretell';
import { countTick, startGuard, verdictKind } from '../../guards/judge';
import { seededUniform } from '../../guards/random';
import { errorsPlan, keyOf, seededCounts } from './support';

const uniform = seededUniform(7);
const gauss = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const counts = seededCounts(99);
const TICKS = 180;

/** When the real guard decides, tick by tick, on traffic of the test's own. */
function simulate(p: {
  readonly plan: GuardPlan;
  /** Evidence without its key. */
  readonly tick: () => object;
  readonly decides: 'fail' | 'pass';
  readonly runs: number;
}): { readonly expectedTicks: number; readonly chance: number } {
  const ticks: number[] = [];
  for (let run = 0; run < p.runs; run++) {
    let state = startGuard(p.plan);
    for (let tick = 1; tick <= TICKS; tick++) {
      state = countTick({ plan: p.plan, state, evidence: { ...p.tick(), key: keyOf(tick) } as Evidence });
      const kind = verdictKind(p.plan, state);
      if (kind === p.decides) ticks.push(tick);
      if (kind === 'fail' || kind === p.decides) break;
    }
  }
  return { expectedTicks: ticks.reduce((a, b) => a + b, 0) / ticks.length, chance: ticks.length / p.runs };
}

/** 600 requests of log-normal latency a tick, half of them the candidate's; both scales wobble from tick to tick. */
function latencyTick(cutoffsMs: readonly number[], times: number, wobble: number) {
  const arm = (scale: number) => {
    const shock = Math.exp(wobble * gauss());
    const all = Array.from({ length: 300 }, () => 80 * scale * shock * Math.exp(0.6 * gauss()));
    return { n: all.length, above: cutoffsMs.map((ms) => all.filter((one) => one > ms).length) };
  };
  return { kind: 'latency' as const, candidate: arm(times), incumbent: arm(1) };
}

const latencyPlan = (mode: 'exact' | 'fleetNoise') =>
  planLatency({
    name: 'latency',
    required: true,
    quantiles: [0.5, 0.9, 0.99],
    // Of a log-normal law with a median of 80 ms and σ = 0.6.
    incumbentMs: [80, 172.6, 323.1],
    promoteRatio: 1.25,
    rollbackAlpha: 0.01,
    promoteAlpha: 0.05,
    horizonTicks: TICKS,
    measured: null,
    wanted: mode === 'exact' ? 'exact' : undefined,
  });

/** Counts of a tick whose log odds were moved by chance, on each arm by itself. */
function noisyTick(candidateRate: number, deviation: number) {
  const arm = (n: number, rate: number) => {
    const odds = (rate / (1 - rate)) * Math.exp(deviation * gauss());
    return { n, bad: counts(n, Number((odds / (1 + odds)).toPrecision(3))) };
  };
  return { candidate: arm(300, candidateRate), incumbent: arm(300, 0.05) };
}

const PHI = 1.6;
const noisyPlan = (mode: 'both' | 'fleetNoise'): RatePlan => ({
  ...errorsPlan,
  noise: {
    mode,
    phi: PHI,
    reason: '',
    measured: { ticks: { squares: 180 * PHI, count: 180 }, blocks: { squares: 12 * PHI, count: 12 }, blockTicks: 15 },
  },
});
/** With two arms of 300 at 5 %: two such shocks add as much variance to the difference of log odds as makes φ of 1.6. */
const DEVIATION = Math.sqrt(((PHI - 1) * 2) / (300 * 0.05 * 0.95) / 2);

const MEAN = { kind: 'mean', name: 'mean', required: true, higherIs: 'better', promoteDifference: 0.05 } as const;
const ALPHAS = { rollbackAlpha: 0.01, promoteAlpha: 0.05 };
const POINTS = [0, 0.25, 0.5, 0.75, 1];
const LAW = [0.1, 0.2, 0.4, 0.2, 0.1];
const betting = { ...MEAN, ...ALPHAS, class: 'guaranteed', method: 'betting', points: POINTS } as const;
const scored = { ...MEAN, ...ALPHAS, class: 'approximate', method: 'score', leastN: 200 } as const;
const traffic = { requestsPerTick: 600, sharePct: 50 };

function multinomial(law: readonly number[], n: number): readonly number[] {
  const drawn = law.map(() => 0);
  for (let i = 0; i < n; i++) {
    let [point, left] = [0, uniform()];
    while (point < law.length - 1 && (left -= law[point] ?? 0) >= 0) point += 1;
    drawn[point] = (drawn[point] ?? 0) + 1;
  }
  return drawn;
}

function moments(mean: number): { readonly n: number; readonly sum: number; readonly squares: number } {
  const values = Array.from({ length: 300 }, () => mean + 0.4 * gauss());
  return {
    n: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    squares: values.reduce((a, b) => a + b * b, 0),
  };
}

const drift = {
  kind: 'outputDrift',
  name: 'drift',
  class: 'threshold',
  required: true,
  then: 'rollBack',
  distance: 'lInfinity',
  threshold: 0.1,
  leastN: 200,
  everyTicks: 5,
  allowedFailures: 1,
  windowTicks: 5,
  leastTicks: 3,
} as const;
const ANSWERS = { good: 500, bad: 300, odd: 200 };

/** A hundred answers of each arm; the candidate's by a law of its own. */
function answersTick(law: readonly number[]) {
  const named = (counts: readonly number[]) =>
    Object.fromEntries(Object.keys(ANSWERS).map((label, i) => [label, counts[i] ?? 0]));
  return {
    kind: 'labels' as const,
    candidate: named(multinomial(law, 100)),
    incumbent: named(multinomial([0.5, 0.3, 0.2], 100)),
  };
}

const STEPS = 10;
const shift = {
  kind: 'shadowScore',
  name: 'scores',
  class: 'guaranteed',
  required: true,
  higherIs: 'better',
  promoteDifference: 0.05,
  ...ALPHAS,
  points: Array.from({ length: 2 * STEPS + 1 }, (_, i) => i / STEPS - 1),
} as const;
const scores = { plan: shift, deviation: 0.2, requestsPerTick: 60, sharePct: 50, horizonTicks: TICKS };

/** Thirty pairs of scores that scatter by 0.2 each, independently; a difference between two points goes to one of them, its mean kept. */
function scoresTick(by: number) {
  const drawn = shift.points.map(() => 0);
  for (let i = 0; i < 30; i++) {
    const place = Math.min(2 * STEPS, Math.max(0, (0.2 * gauss() - 0.2 * gauss() + by + 1) * STEPS));
    const point = Math.floor(place) + Number(uniform() < place - Math.floor(place));
    drawn[point] = (drawn[point] ?? 0) + 1;
  }
  return { kind: 'differences' as const, counts: drawn };
}

test('a drift is foretold for twice the threshold, or for as much as the incumbent’s labels let it', () => {
  expect(drifted({ distance: 'lInfinity', threshold: 0.1 }, ANSWERS).distance).toBeCloseTo(0.2, 6);
  expect(drifted({ distance: 'jensenShannon', threshold: 0.1 }, ANSWERS).distance).toBeCloseTo(0.2, 6);
  expect(drifted({ distance: 'kolmogorovSmirnov', threshold: 0.1 }, { 1: 5, 2: 5 }).distance).toBeCloseTo(0.2, 6);
  expect(drifted({ distance: 'lInfinity', threshold: 0.4 }, { yes: 90, no: 10 }).distance).toBeCloseTo(0.8, 6);
  expect(drifted({ distance: 'lInfinity', threshold: 0.4 }, { only: 90 }).distance).toBe(0);
});

test.each([
  [
    'latency, exact: a tenth slower',
    () => foretellLatency({ plan: latencyPlan('exact'), times: 1.1, ...traffic, decides: 'fail' }),
    {
      plan: latencyPlan('exact'),
      tick: () => latencyTick(latencyPlan('exact').cutoffsMs, 1.1, 0),
      decides: 'fail',
      runs: 300,
    },
  ],
  [
    'latency where scales wobble: as slow as the margin',
    () =>
      foretellLatency({
        plan: { ...latencyPlan('fleetNoise'), noise: { ...latencyPlan('fleetNoise').noise, phi: 2 } },
        times: 1.15,
        ...traffic,
        decides: 'fail',
      }),
    {
      plan: { ...latencyPlan('fleetNoise'), noise: { ...latencyPlan('fleetNoise').noise, phi: 2 } },
      // Two such shocks move the median's log odds by as much variance again as chance does: (2/0.6·φ(0)·2)² · 2s² = 2/75.
      tick: () => latencyTick(latencyPlan('fleetNoise').cutoffsMs, 1.15, Math.sqrt(1 / 75) / 2.66),
      decides: 'fail',
      runs: 80,
    },
  ],
  [
    'latency, exact: an equal model',
    () => foretellLatency({ plan: latencyPlan('exact'), times: 1, ...traffic, decides: 'pass' }),
    {
      plan: latencyPlan('exact'),
      tick: () => latencyTick(latencyPlan('exact').cutoffsMs, 1, 0),
      decides: 'pass',
      runs: 80,
    },
  ],
  [
    'a rate where arms wobble: half as many bad events again',
    () =>
      foretellRate({ plan: noisyPlan('fleetNoise'), incumbentRate: 0.05, candidateRate: 0.075, ...traffic }, 'fail'),
    { plan: noisyPlan('fleetNoise'), tick: () => noisyTick(0.075, DEVIATION), decides: 'fail', runs: 200 },
  ],
  [
    'a rate where both tests must agree: an equal model',
    () => foretellRate({ plan: noisyPlan('both'), incumbentRate: 0.05, candidateRate: 0.05, ...traffic }, 'pass'),
    { plan: noisyPlan('both'), tick: () => noisyTick(0.05, DEVIATION), decides: 'pass', runs: 200 },
  ],
  [
    'pairs: half as many wrong answers again',
    () =>
      foretellPairs({
        plan: { ...errorsPlan, kind: 'shadow' },
        incumbentRate: 0.1,
        candidateRate: 0.15,
        requestsPerTick: 100,
        sharePct: 100,
        decides: 'fail',
      }),
    {
      plan: { ...errorsPlan, kind: 'shadow' },
      tick: () => {
        const pairs = Array.from({ length: 100 }, () => [uniform() < 0.15, uniform() < 0.1] as const);
        const only = (arm: 0 | 1) => pairs.filter((pair) => pair[arm] && !pair[1 - arm]).length;
        return { candidate: { n: 100, bad: only(0) }, incumbent: { n: 100, bad: only(1) } };
      },
      decides: 'fail',
      runs: 300,
    },
  ],
  [
    'a bounded mean: worse by the margin',
    () =>
      foretellMean({
        plan: betting,
        known: { kind: 'counts', counts: LAW.map((mass) => 1000 * mass) },
        worseBy: 0.05,
        requestsPerTick: 60,
        sharePct: 50,
        decides: 'fail',
        horizonTicks: TICKS,
      }),
    {
      plan: betting,
      tick: () => ({
        kind: 'histogram' as const,
        // The same law with some of each point's mass one point lower: another law of the wanted mean than the forecast's.
        candidate: multinomial([0.15, 0.22, 0.38, 0.18, 0.07], 30),
        incumbent: multinomial(LAW, 30),
        sharePct: 50,
      }),
      decides: 'fail',
      runs: 200,
    },
  ],
  [
    'a mean without bounds: an equal model',
    () =>
      foretellMean({
        plan: scored,
        known: { kind: 'moments', mean: 5, deviation: 0.4 },
        worseBy: 0,
        ...traffic,
        decides: 'pass',
        horizonTicks: TICKS,
      }),
    {
      plan: scored,
      tick: () => ({ kind: 'moments' as const, candidate: moments(5), incumbent: moments(5) }),
      decides: 'pass',
      runs: 150,
    },
  ],
  [
    'the drift of answers: twice as far as the threshold',
    () => foretellDrift({ plan: drift, known: ANSWERS, requestsPerTick: 200, sharePct: 50, decides: 'fail' }),
    { plan: drift, tick: () => answersTick([0.375, 0.225, 0.4]), decides: 'fail', runs: 300 },
  ],
  [
    'the drift of answers: an equal model',
    () => foretellDrift({ plan: drift, known: ANSWERS, requestsPerTick: 200, sharePct: 50, decides: 'pass' }),
    { plan: drift, tick: () => answersTick([0.5, 0.3, 0.2]), decides: 'pass', runs: 300 },
  ],
  [
    'scores of pairs: worse by the margin',
    () => foretellShift({ ...scores, worseBy: 0.05, decides: 'fail' }),
    { plan: shift, tick: () => scoresTick(-0.05), decides: 'fail', runs: 200 },
  ],
  [
    'scores of pairs: an equal model',
    () => foretellShift({ ...scores, worseBy: 0, decides: 'pass' }),
    { plan: shift, tick: () => scoresTick(0), decides: 'pass', runs: 200 },
  ],
] as const)('the forecast of %s agrees with simulation within 15 %%', (_name, foretell, real) => {
  const [foretold, found] = [foretell(), simulate(real)];
  expect(Math.abs((foretold?.expectedTicks ?? NaN) / found.expectedTicks - 1)).toBeLessThan(0.15);
  expect(Math.abs((foretold?.chance ?? NaN) - found.chance)).toBeLessThan(0.08);
});

test('a forecast says the same twice', () => {
  const pairs = () =>
    foretellPairs({
      plan: { ...errorsPlan, kind: 'shadow' },
      incumbentRate: 0.1,
      candidateRate: 0.2,
      requestsPerTick: 100,
      sharePct: 50,
      decides: 'fail',
    });
  expect(pairs()).toEqual(pairs());
});
