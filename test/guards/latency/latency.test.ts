import { describe, expect, test } from '@jest/globals';
import { currentVerdict, decide, judgeTick, startGuard } from '../../../guards';
import { countLatency, isSlower, startLatency } from '../../../guards/latency/count';
import { planLatency } from '../../../guards/latency/plan';
import type { LatencyEvidence, LatencyPlan, LatencyState } from '../../../guards/latency/types';
import { seededUniform } from '../../../guards/random';
import { keyOf } from '../support';

const SIGMA = 0.6;
/** Quantiles of a log-normal latency with a median of 100 ms. */
const INCUMBENT_MS = [0, 1.2815515655446004, 2.3263478740408408].map((z) => 100 * Math.exp(SIGMA * z));

const measured = (phi: number) => ({
  phi,
  ticks: { squares: 100 * phi, count: 100 },
  blocks: { squares: 10 * phi, count: 10 },
  blockTicks: 10,
});

const planned = (more: Partial<Parameters<typeof planLatency>[0]> = {}): LatencyPlan =>
  planLatency({
    name: 'latency',
    required: true,
    quantiles: [0.5, 0.9, 0.99],
    incumbentMs: INCUMBENT_MS,
    promoteRatio: 1.2,
    rollbackAlpha: 0.01,
    promoteAlpha: 0.05,
    horizonTicks: 180,
    measured: measured(1),
    wanted: 'exact',
    ...more,
  });

function latencies(seed: number, slower: (uniform: () => number) => number) {
  const uniform = seededUniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const arm = (n: number, plan: LatencyPlan, factor: (u: () => number) => number) => {
    const ms = Array.from({ length: n }, () => 100 * Math.exp(SIGMA * normal()) * factor(uniform));
    return { n, above: plan.cutoffsMs.map((cutoff) => ms.filter((one) => one > cutoff).length) };
  };
  return (plan: LatencyPlan, tick: number): LatencyEvidence => ({
    kind: 'latency',
    key: keyOf(tick),
    candidate: arm(30, plan, slower),
    incumbent: arm(150, plan, () => 1),
  });
}

function play(
  plan: LatencyPlan,
  p: { runs: number; ticks: number; seed: number; slower: (u: () => number) => number }
) {
  const draw = latencies(p.seed, p.slower);
  let [failed, passed] = [0, 0];
  for (let run = 0; run < p.runs; run++) {
    let state = startLatency(plan);
    for (let tick = 0; tick < p.ticks && !isSlower(plan, state); tick++) {
      state = countLatency(plan, state, draw(plan, tick));
    }
    failed += Number(isSlower(plan, state));
    passed += Number(currentVerdict(plan, state).kind === 'pass');
  }
  return { failed: failed / p.runs, passed: passed / p.runs };
}

describe('the plan of a latency guard', () => {
  test('counts at each quantile of the incumbent and at its multiple by the margin', () => {
    const plan = planned({ quantiles: [0.9, 0.5], incumbentMs: [240, 100] });
    expect(plan.cutoffsMs).toEqual([100, 120, 240, 288]);
    expect(plan.quantiles).toEqual([
      { quantile: 0.5, cutoff: 0, margin: 1 },
      { quantile: 0.9, cutoff: 2, margin: 3 },
    ]);
  });

  test('is approximate by default, because latency wobbles; exact only when measured quiet and asked for', () => {
    const byDefault = planned({ measured: measured(1), wanted: undefined });
    expect(byDefault).toMatchObject({ class: 'approximate', noise: { mode: 'fleetNoise' } });
    expect(planned()).toMatchObject({ class: 'guaranteed', noise: { mode: 'exact' } });
    expect(planned({ measured: measured(1.4) })).toMatchObject({ class: 'approximate' });
  });

  test.each([
    [{ quantiles: [1.2], incumbentMs: [100] }, /1.2 is no quantile/],
    [{ quantiles: [0.5, 0.9], incumbentMs: [100, 90] }, /do not rise/],
    [{ quantiles: [0.5, 0.9], incumbentMs: [100] }, /do not rise/],
    [{ promoteRatio: 1 }, /a margin of 1 is not above 1/],
  ])('is refused for %j', (change, message) => {
    expect(() => planned(change)).toThrow(message);
  });
});

describe('the promise, by counting every possible outcome of two ticks', () => {
  const plan: LatencyPlan = {
    ...planned({ quantiles: [0.5, 0.95], incumbentMs: [100, 240] }),
    rollbackAlpha: 0.25,
    promoteAlpha: 0.4,
  };

  /** All ways in which n requests fall below, between and above two cut-offs, with their probabilities. */
  function outcomes(n: number, [middle, tail]: readonly [number, number]) {
    const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
    const all: { above: readonly [number, number]; probability: number }[] = [];
    for (let top = 0; top <= n; top++) {
      for (let mid = 0; mid + top <= n; mid++) {
        const ways = factorial(n) / (factorial(top) * factorial(mid) * factorial(n - top - mid));
        const probability = ways * tail ** top * (middle - tail) ** mid * (1 - middle) ** (n - top - mid);
        all.push({ above: [mid + top, top], probability });
      }
    }
    return all;
  }

  test('arms with the same latency have a mean e-value of 1 and fail no more often than the budget', () => {
    const tails = [
      [0.5, 0.1],
      [0.8, 0.4],
    ] as const;
    let [mean, failing] = [0, 0];
    const visit = (state: LatencyState, tick: number, probability: number): void => {
      const tail = tails[tick];
      if (tail === undefined || isSlower(plan, state)) {
        mean += probability * Math.exp(state.harm.logE);
        if (isSlower(plan, state)) failing += probability;
        return;
      }
      for (const own of outcomes(2, tail)) {
        for (const other of outcomes(3, tail)) {
          const arm = (n: number, [mid, top]: readonly [number, number]) => ({ n, above: [mid, mid, top, top] });
          const evidence = {
            kind: 'latency',
            key: keyOf(tick),
            candidate: arm(2, own.above),
            incumbent: arm(3, other.above),
          } as const;
          visit(countLatency(plan, state, evidence), tick + 1, probability * own.probability * other.probability);
        }
      }
    };
    visit(startLatency(plan), 0, 1);
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean).toBeGreaterThan(0.9);
    expect(failing).toBeLessThanOrEqual(0.25);
    expect(failing).toBeGreaterThan(0);
  });
});

describe('a latency guard', () => {
  test('finds a candidate that is 10 % slower throughout, and one of which 2 % are four times slower', () => {
    const plan = planned();
    expect(play(plan, { runs: 12, ticks: 120, seed: 1, slower: () => 1.1 }).failed).toBeGreaterThan(0.9);
    expect(play(plan, { runs: 12, ticks: 180, seed: 2, slower: (u) => (u() < 0.02 ? 4 : 1) }).failed).toBeGreaterThan(
      0.8
    );
  });

  test('finds a candidate that is 50 % slower in the fleet-noise mode, too', () => {
    const plan = planned({ measured: null, wanted: undefined });
    expect(plan).toMatchObject({ class: 'approximate', noise: { mode: 'fleetNoise', phi: null } });
    expect(play(plan, { runs: 10, ticks: 60, seed: 3, slower: () => 1.5 }).failed).toBe(1);
  });

  test.each([
    ['exact', planned({ rollbackAlpha: 0.1 })],
    ['fleetNoise', planned({ rollbackAlpha: 0.1, measured: null, wanted: undefined })],
  ])('rolls back an equal candidate no more often than the budget: %s', (_mode, plan) => {
    const { failed } = play(plan, { runs: 40, ticks: 30, seed: 4, slower: () => 1 });
    expect(failed).toBeLessThanOrEqual(0.1 + 3.3 * Math.sqrt(0.09 / 40));
  });

  test('passes an equal candidate, and does not pass one at the margin', () => {
    const plan = planned();
    expect(play(plan, { runs: 4, ticks: 250, seed: 5, slower: () => 1 }).passed).toBe(1);
    const atMargin = play({ ...plan, rollbackAlpha: 1e-9 }, { runs: 20, ticks: 60, seed: 6, slower: () => 1.2 });
    expect(atMargin.passed).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 20));
  });

  test('names the quantile, its limit, both counts and the interval', () => {
    const plan = planned();
    const draw = latencies(7, () => 1.6);
    let state = startLatency(plan);
    for (let t = 0; t < 20; t++) state = countLatency(plan, state, draw(plan, t));
    const verdict = currentVerdict(plan, state);
    expect(verdict.kind).toBe('fail');
    expect(verdict.reason).toMatch(
      /^latency: \d+ of 600 slower than \d+ ms, the incumbent's p\d+, against [\d,]+ of 3,000 \(odds ratio [\d.]+, [\d.]+–[\d.]+\); slower than the incumbent with e = 100 ≥ 100$/
    );
    expect(decide([plan], [state])).toMatchObject({ kind: 'rollBack', guilty: 'latency' });
  });

  test.each([0.3, 3])('an interval never excludes the odds ratio beside it: %p times as slow', (factor) => {
    const plan = planned({ measured: measured(1.5), wanted: undefined });
    const draw = latencies(9, () => factor);
    let state = startLatency(plan);
    for (let tick = 0; tick < 60; tick++) state = countLatency(plan, state, draw(plan, tick));
    const { oddsRatio, interval } = currentVerdict(plan, state).numbers;
    if (oddsRatio === null || interval === null) throw new Error('nothing was estimated');
    const [low, high] = interval;
    expect(low ?? 0).toBeLessThanOrEqual(oddsRatio);
    expect(high ?? Infinity).toBeGreaterThanOrEqual(oddsRatio);
    // The bound towards no effect is there, and on the right side.
    expect(factor < 1 ? high : low).not.toBeNull();
    expect(Math.sign(Math.log((factor < 1 ? high : low) ?? 1))).toBe(Math.sign(Math.log(factor)));
  });

  test('is inconclusive without requests, and says in the fleet-noise mode why it judges so', () => {
    const plan = planned({ measured: null, wanted: undefined });
    const { kind, reason, numbers } = currentVerdict(plan, startGuard(plan));
    expect({ kind, more: numbers.moreTrials }).toEqual({ kind: 'inconclusive', more: null });
    expect(reason).toMatch(
      /^latency: no requests of the candidate in 0 ticks; .*approximate: overdispersion not measured, 1\.5 assumed/
    );
  });

  test('remembers under 4 KB, and survives JSON', () => {
    for (const plan of [planned(), planned({ measured: null, wanted: undefined })]) {
      const draw = latencies(8, () => 1.03);
      let state = startLatency(plan);
      for (let t = 0; t < 30; t++) state = countLatency(plan, state, draw(plan, t));
      const heavy = { n: 500_123, above: [249_871, 190_003, 49_877, 27_411, 5_003, 1_999] };
      const more = { n: 9_500_321, above: [4_750_211, 3_610_007, 950_113, 522_511, 95_003, 38_001] };
      let busy = startLatency(plan);
      for (let t = 0; t < 200; t++)
        busy = countLatency(plan, busy, { kind: 'latency', key: keyOf(t), candidate: heavy, incumbent: more });
      expect(JSON.stringify(busy).length).toBeLessThan(4096);
      const json = JSON.stringify(state);
      expect(json.length).toBeLessThan(4096);
      expect(JSON.parse(json)).toEqual(state);
    }
  });

  test.each([
    [{ n: 10, above: [1, 1] }, /candidate has counts above 2 cut-offs, the plan has 6/],
    [{ n: 10, above: [1, 2, 1, 0, 0, 0] }, /candidate has 2 above cut-off 1, but 1 above a lower one/],
    [{ n: 3, above: [4, 1, 1, 0, 0, 0] }, /candidate has 4 above cut-off 0, but 3 in all/],
    [{ n: 10, above: [1, 0.5, 0, 0, 0, 0] }, /candidate above\[1\] is 0.5, not a whole number/],
  ])('counts such as %j are an error', (candidate, message) => {
    const plan = planned();
    const evidence = {
      kind: 'latency',
      key: keyOf(0),
      candidate,
      incumbent: { n: 9, above: [1, 1, 1, 0, 0, 0] },
    } as const;
    const judged = judgeTick({ plan, state: startGuard(plan), evidence });
    expect(judged.verdict.kind).toBe('error');
    expect(judged.verdict.reason).toMatch(message);
  });
});
