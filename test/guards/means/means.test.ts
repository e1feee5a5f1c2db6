import { describe, expect, test } from '@jest/globals';
import { currentVerdict, judgeTick, startGuard } from '../../../guards';
import { startBetting, countDifferences, countHistogram, roundToPoint } from '../../../guards/means/betting';
import { countMoments, startScored } from '../../../guards/means/scored';
import type {
  BettingState,
  BoundedMeanPlan,
  HistogramEvidence,
  MomentsEvidence,
  ScoredMeanPlan,
  ScoreShiftPlan,
} from '../../../guards/means/types';
import { seededUniform } from '../../../guards/random';
import { keyOf } from '../support';

const base = { class: 'guaranteed', required: true, rollbackAlpha: 0.01, promoteAlpha: 0.05 } as const;
const stars: BoundedMeanPlan = {
  ...base,
  name: 'stars',
  kind: 'mean',
  method: 'betting',
  higherIs: 'better',
  points: [1, 2, 3, 4, 5],
  promoteDifference: 0.4,
};
const scores: ScoreShiftPlan = {
  ...base,
  name: 'shift',
  kind: 'shadowScore',
  higherIs: 'better',
  points: [-1, -0.5, 0, 0.5, 1],
  promoteDifference: 0.1,
};
const revenue: ScoredMeanPlan = {
  ...base,
  class: 'approximate',
  name: 'revenue',
  kind: 'mean',
  method: 'score',
  higherIs: 'better',
  promoteDifference: 1,
  leastN: 100,
};

describe('bets on bounded means', () => {
  /** Every way in which n requests can fall on arms and points, with its probability. */
  function outcomes(n: number, p: { share: number; own: readonly number[]; other: readonly number[] }) {
    const cells = [...p.own.map((q) => q * p.share), ...p.other.map((q) => q * (1 - p.share))];
    let all = [{ counts: cells.map(() => 0), probability: 1 }];
    for (let i = 0; i < n; i++) {
      const next = new Map<string, { counts: number[]; probability: number }>();
      for (const { counts, probability } of all) {
        cells.forEach((q, cell) => {
          const more = counts.map((count, j) => count + Number(j === cell));
          const known = next.get(more.join()) ?? { counts: more, probability: 0 };
          next.set(more.join(), { counts: more, probability: known.probability + probability * q });
        });
      }
      all = [...next.values()];
    }
    return all;
  }

  function enumerate(plan: BoundedMeanPlan, truth: { own: readonly number[]; other: readonly number[] }) {
    const points = plan.points.length;
    const result = { harm: 0, promote: 0, failed: 0, passed: 0 };
    const visit = (state: BettingState, tick: number, probability: number): void => {
      const share = [0.2, 0.5, 0.35][tick];
      if (share === undefined) {
        result.harm += probability * Math.exp(state.harm.logE);
        result.promote += probability * Math.exp(state.promote.logE);
        result.failed += probability * Number(state.harm.logE >= -Math.log(plan.rollbackAlpha) - 1e-9);
        result.passed += probability * Number(state.promote.logE >= -Math.log(plan.promoteAlpha) - 1e-9);
        return;
      }
      for (const { counts, probability: own } of outcomes([2, 2, 2][tick] ?? 0, { share, ...truth })) {
        const evidence = {
          kind: 'histogram',
          key: keyOf(tick),
          candidate: counts.slice(0, points),
          incumbent: counts.slice(points),
          sharePct: 100 * share,
        } as const;
        visit(countHistogram(plan, state, evidence), tick + 1, probability * own);
      }
    };
    visit(startBetting(), 0, 1);
    return result;
  }

  const three: BoundedMeanPlan = {
    ...stars,
    points: [0, 1, 3],
    rollbackAlpha: 0.2,
    promoteAlpha: 0.2,
    promoteDifference: 0.5,
  };

  test('have a mean wealth of 1 when the arms have equal means, though not equal distributions', () => {
    const { harm, failed } = enumerate(
      { ...three, rollbackAlpha: 1e-9 },
      { own: [0.4, 0.3, 0.3], other: [0.2, 0.6, 0.2] }
    );
    expect(Math.abs(harm - 1)).toBeLessThan(1e-9);
    expect(failed).toBe(0);
  });

  test('fail and pass no more often than their budgets, at the bounds of both nulls', () => {
    expect(enumerate(three, { own: [0.4, 0.3, 0.3], other: [0.2, 0.6, 0.2] }).failed).toBeLessThanOrEqual(0.2);
    const { promote, passed } = enumerate(three, { own: [0.5, 0.35, 0.15], other: [0.3, 0.4, 0.3] });
    expect(passed).toBeLessThanOrEqual(0.2);
    expect(promote).toBeLessThanOrEqual(1 + 1e-9);
  });

  const draw = (uniform: () => number, weights: readonly number[]) => {
    let rest = uniform();
    return weights.findIndex((weight) => (rest -= weight) < 0);
  };
  function arms(seed: number, own: readonly number[], other: readonly number[]) {
    const uniform = seededUniform(seed);
    return (t: number): HistogramEvidence => {
      const counts = { candidate: [0, 0, 0, 0, 0], incumbent: [0, 0, 0, 0, 0] };
      for (let i = 0; i < 200; i++) {
        const arm = uniform() < 0.3 ? 'candidate' : 'incumbent';
        const point = draw(uniform, arm === 'candidate' ? own : other);
        counts[arm][point] = (counts[arm][point] ?? 0) + 1;
      }
      return { kind: 'histogram', key: keyOf(t), ...counts, sharePct: 30 };
    };
  }
  const usual = [0.1, 0.1, 0.2, 0.3, 0.3];
  const worse = [0.2, 0.2, 0.2, 0.2, 0.2];

  test('find a drop of the mean, pass an equal one, and name difference and interval', () => {
    const run = (next: (t: number) => HistogramEvidence, ticks: number) =>
      Array.from({ length: ticks }, (_, t) => next(t)).reduce((s, e) => countHistogram(stars, s, e), startBetting());
    const bad = currentVerdict(stars, run(arms(1, worse, usual), 60));
    expect(bad.kind).toBe('fail');
    expect(bad.numbers.estimate?.value).toBeLessThan(-0.4);
    expect(bad.reason).toMatch(
      /^stars: mean -?0\.\d+ below the incumbent's over [\d,]+ and [\d,]+ requests \(difference -\d\.\d+–-?[\d.e-]+\); worse than the incumbent with e = 100 ≥ 100$/
    );
    expect(currentVerdict(stars, run(arms(2, usual, usual), 150)).kind).toBe('pass');
  });

  test('cover the true difference at all looks with the stated probability', () => {
    let missed = 0;
    const truth = worse.reduce((sum, p, i) => sum + (p - (usual[i] ?? 0)) * (i + 1), 0);
    for (let run = 0; run < 40; run++) {
      const next = arms(100 + run, worse, usual);
      let state = startBetting();
      let covered = true;
      for (let t = 0; t < 30; t++) {
        state = countHistogram(stars, state, next(t));
        const [low, high] = currentVerdict(stars, state).numbers.estimate?.interval ?? [null, null];
        covered &&= (low ?? -9) <= truth && truth <= (high ?? 9);
      }
      missed += Number(!covered);
    }
    expect(missed / 40).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 40));
  });

  test('say nothing about ticks without a split, and are never a pass without data', () => {
    const evidence = { ...arms(3, usual, usual)(0), sharePct: 100 };
    const state = countHistogram(stars, startBetting(), evidence);
    expect(state.harm).toEqual(startBetting().harm);
    expect(currentVerdict(stars, startGuard(stars))).toMatchObject({ kind: 'inconclusive' });
  });

  test('between two points a value keeps its mean', () => {
    const uniform = seededUniform(9);
    const positions = Array.from({ length: 20_000 }, () => roundToPoint([0, 1, 5], 2, uniform()));
    expect(positions.reduce((sum, at) => sum + ([0, 1, 5][at] ?? 0), 0) / 20_000).toBeCloseTo(2, 1);
    expect([roundToPoint([0, 1], -3, 0.5), roundToPoint([0, 1], 7, 0.5), roundToPoint([0, 1], 1, 0.5)]).toEqual([
      0, 1, 1,
    ]);
  });
});

describe('the shift of a score between answers to the same request', () => {
  const tick = (t: number, counts: readonly number[]) => ({ kind: 'differences', key: keyOf(t), counts }) as const;
  const after = (counts: readonly number[], ticks: number, plan = scores) =>
    Array.from({ length: ticks }, (_, t) => tick(t, counts)).reduce(
      (s, e) => countDifferences(plan, s, e),
      startBetting()
    );

  test('has a mean wealth of 1 for a symmetric difference', () => {
    const plan: ScoreShiftPlan = { ...scores, points: [-1, 0, 1], rollbackAlpha: 1e-9 };
    let mean = 0;
    const visit = (state: BettingState, t: number, probability: number): void => {
      if (t === 7) {
        mean += probability * Math.exp(state.harm.logE);
        return;
      }
      [0.3, 0.4, 0.3].forEach((p, i) =>
        visit(
          countDifferences(
            plan,
            state,
            tick(
              t,
              [0, 1, 2].map((j) => Number(i === j))
            )
          ),
          t + 1,
          probability * p
        )
      );
    };
    visit(startBetting(), 0, 1);
    expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
  });

  test('fails a model whose scores fall, and passes one whose scores stay', () => {
    expect(currentVerdict(scores, after([10, 30, 50, 10, 5], 20)).kind).toBe('fail');
    expect(currentVerdict(scores, after([2, 20, 56, 20, 2], 30)).kind).toBe('pass');
    const lower: ScoreShiftPlan = { ...scores, higherIs: 'worse' };
    expect(currentVerdict(lower, after([10, 30, 50, 10, 5], 20, lower)).kind).toBe('pass');
  });
});

describe('means without bounds', () => {
  function play(seed: number, p: { shift: number; drift: boolean; ticks: number }) {
    const uniform = seededUniform(seed);
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const arm = (n: number, mean: number) => {
      const values = Array.from({ length: n }, () => mean + 5 * normal());
      return {
        n,
        sum: values.reduce((a, b) => a + b, 0),
        squares: values.reduce((a, b) => a + b * b, 0),
      };
    };
    let state = startScored();
    for (let t = 0; t < p.ticks; t++) {
      const level = 20 + (p.drift ? 10 * Math.sin(t / 7) : 0);
      // The share changes with the level: a comparison of plain totals would be fooled.
      const share = p.drift && level > 20 ? 0.5 : 0.1;
      const evidence: MomentsEvidence = {
        kind: 'moments',
        key: keyOf(t),
        candidate: arm(Math.round(100 * share), level + p.shift),
        incumbent: arm(Math.round(100 * (1 - share)), level),
      };
      state = countMoments(revenue, state, evidence);
    }
    return currentVerdict(revenue, state);
  }

  test('fail a candidate that earns less and pass one that earns as much, while level and share drift together', () => {
    expect(play(1, { shift: -1.5, drift: true, ticks: 120 }).kind).toBe('fail');
    const equal = play(2, { shift: 0, drift: true, ticks: 200 });
    expect(equal.kind).toBe('pass');
    expect(Math.abs(equal.numbers.estimate?.value ?? 9)).toBeLessThan(0.5);
    expect(equal.reason).toMatch(/approximate: ticks’ differences of means are taken as normal$/);
  });

  test('hardly ever fail an equal candidate', () => {
    const failed = Array.from({ length: 60 }, (_, run) => play(50 + run, { shift: 0, drift: true, ticks: 60 })).filter(
      ({ kind }) => kind === 'fail'
    ).length;
    expect(failed).toBeLessThanOrEqual(3);
  });

  test('decide nothing before there are enough values on both arms, nor when all values are the same', () => {
    expect(play(3, { shift: -50, drift: false, ticks: 9 }).kind).toBe('inconclusive');
    // How much the means scatter has to be seen as well, so that the first ticks with enough values decide nothing yet.
    expect(play(3, { shift: -50, drift: false, ticks: 12 }).kind).toBe('fail');
    const flat = { n: 100, sum: 10, squares: 1 };
    const state = countMoments(revenue, startScored(), {
      kind: 'moments',
      key: keyOf(0),
      candidate: flat,
      incumbent: flat,
    });
    expect(state.harm.logE).toBeCloseTo(0, 12);
  });

  test.each([
    [{ n: 3, sum: 10, squares: 1 }, /squares of 1, which 3 values of sum 10 cannot have/],
    [{ n: 0, sum: 1, squares: 1 }, /which 0 values/],
    [{ n: 3, sum: NaN, squares: 1 }, /sums that are no numbers/],
  ])('sums such as %j are an error', (candidate, message) => {
    const evidence = { kind: 'moments', key: keyOf(0), candidate, incumbent: { n: 1, sum: 1, squares: 1 } } as const;
    expect(judgeTick({ plan: revenue, state: startGuard(revenue), evidence }).verdict.reason).toMatch(message);
  });
});

test('every state of means survives JSON, under 2 KB', () => {
  for (const plan of [stars, scores, revenue]) {
    const json = JSON.stringify(startGuard(plan));
    expect(json.length).toBeLessThan(2048);
    expect(JSON.parse(json)).toEqual(startGuard(plan));
  }
});
