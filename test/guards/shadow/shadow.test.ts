import { describe, expect, test } from '@jest/globals';
import { currentVerdict, judgeTick, startGuard } from '../../../guards';
import type { RatePlan, TickEvidence } from '../../../guards';
import { hasCrossed } from '../../../guards/e-process';
import { countRate, isHarmful, passRoute, rateDesigns, startRate } from '../../../guards/rate';
import { enumerateCounts } from '../enumerate';
import { countAll, errorsPlan, keyOf, seededCounts } from '../support';

const plan: RatePlan = { ...errorsPlan, name: 'shadow', kind: 'shadow' };
/** Pairs in which only the shadow, and only production, was wrong. */
const pairs = (t: number, n: number, worse: number, better: number): TickEvidence => ({
  key: keyOf(t),
  candidate: { n, bad: worse },
  incumbent: { n, bad: better },
});

describe('shadow pairs', () => {
  test.each([1, 1.5])('have a mean e-value of 1 at an odds ratio of %d, and cross no likelier than alpha', (bound) => {
    const own = { ...plan, rollbackOddsRatio: bound, rollbackAlpha: 0.15 };
    const { harm } = rateDesigns(own);
    const families = [5, 0, 7, 9, 4].map((trials) => ({ kind: 'binomial', trials, odds: 1 }) as const);
    const { mean, crossing } = enumerateCounts({
      families,
      theta: bound,
      start: startRate(own),
      step: (state, family, count, t) =>
        family.kind === 'binomial' ? countRate(own, state, pairs(t, 50, count, family.trials - count)) : state,
      logE: (state) => state.harm.logE,
      crossed: (state) => hasCrossed(harm, state.harm),
    });
    expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
    expect(crossing).toBeLessThanOrEqual(0.15);
    expect(crossing).toBeGreaterThan(0);
  });

  test('at the margin pass no more often than the promotion budget', () => {
    const own = { ...plan, promoteOddsRatio: 2, promoteAlpha: 0.25, rollbackAlpha: 1e-6 };
    const families = [6, 7, 8].map((trials) => ({ kind: 'binomial', trials, odds: 1 }) as const);
    const { crossing } = enumerateCounts({
      families,
      theta: 2,
      start: startRate(own),
      step: (state, family, count, t) =>
        family.kind === 'binomial' ? countRate(own, state, pairs(t, 50, count, family.trials - count)) : state,
      logE: (state) => state.promote.logE,
      crossed: (state) => passRoute(own, state).stands,
    });
    expect(crossing).toBeLessThanOrEqual(0.25);
    expect(crossing).toBeGreaterThan(0);
  });

  test('fail a model that is wrong more often, however often both fail together', () => {
    const ticks = Array.from({ length: 40 }, (_, t) => pairs(t, 600, 6, 1));
    const verdict = currentVerdict(plan, countAll(plan, ticks));
    expect(verdict.kind).toBe('fail');
    expect(verdict.numbers.oddsRatio).toBeCloseTo(6, 9);
    expect(verdict.reason).toMatch(
      /^shadow: 240 of 24,000 wrong where the other was right against 40 of 24,000 \(odds ratio 6, [\d.]+–[\d.]+\); worse/
    );
  });

  test('pass a model that is wrong no more often', () => {
    const ticks = Array.from({ length: 80 }, (_, t) => pairs(t, 600, 3, 4));
    expect(currentVerdict(plan, countAll(plan, ticks)).kind).toBe('pass');
  });

  test('that all agree decide nothing by comparison, and pass by the objective', () => {
    const ticks = Array.from({ length: 60 }, (_, t) => pairs(t, 60, 0, 0));
    expect(currentVerdict(plan, countAll(plan, ticks)).kind).toBe('inconclusive');
    const own = { ...plan, slo: 0.01 };
    expect(currentVerdict(own, countAll(own, ticks)).numbers.promote.route).toBe('slo');
    expect(currentVerdict(own, countAll(own, ticks)).kind).toBe('pass');
  });

  test('tell how many more pairs decide', () => {
    const own = countAll(plan, [pairs(0, 600, 6, 2)]);
    const more = currentVerdict(plan, own).numbers.moreTrials ?? NaN;
    let ticks = 1;
    while (
      !isHarmful(
        plan,
        countAll(
          plan,
          Array.from({ length: ticks }, (_, t) => pairs(t, 600, 6, 2))
        )
      )
    )
      ticks += 1;
    expect(Math.abs((ticks - 1) * 600 - more)).toBeLessThanOrEqual(1200);
  });

  test.each([
    [{ candidate: { n: 10, bad: 1 }, incumbent: { n: 9, bad: 1 } }, /10 pairs on one arm, 9 on the other/],
    [{ candidate: { n: 10, bad: 6 }, incumbent: { n: 10, bad: 5 } }, /11 discordant pairs of only 10/],
  ])('that cannot be are an error: %j', (arms, message) => {
    const judged = judgeTick({ plan, state: startGuard(plan), evidence: { key: keyOf(0), ...arms } });
    expect(judged.verdict.kind).toBe('error');
    expect(judged.verdict.reason).toMatch(message);
  });
});

describe('the goal of an A/B test', () => {
  const goal: RatePlan = {
    ...errorsPlan,
    name: 'goal',
    kind: 'goal',
    unit: 'user',
    promoteOddsRatio: 1,
    promoteAlpha: 0.05,
    rollbackAlpha: 0.005,
  };
  const users = (t: number, missed: number, n: number, otherMissed: number): TickEvidence => ({
    key: keyOf(t),
    unit: 'user',
    candidate: { n, bad: missed },
    incumbent: { n, bad: otherMissed },
  });

  test('is passed only by a candidate that is better, at the budget for false winners', () => {
    const counts = seededCounts(12);
    let [equal, better] = [0, 0];
    for (let run = 0; run < 60; run++) {
      const play = (rate: number) =>
        countAll(
          goal,
          Array.from({ length: 25 }, (_, t) => users(t, counts(100, rate), 100, counts(100, 0.9)))
        );
      equal += Number(currentVerdict(goal, play(0.9)).kind === 'pass');
      better += Number(currentVerdict(goal, play(0.82)).kind === 'pass');
    }
    expect(equal / 60).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 60));
    expect(better / 60).toBeGreaterThan(0.8);
  });

  test('says "better", and what a unit is', () => {
    const won = countAll(
      goal,
      Array.from({ length: 20 }, (_, t) => users(t, 75, 100, 90))
    );
    expect(currentVerdict(goal, won).reason).toMatch(
      /^goal: 1,500 of 2,000 missed the goal against 1,800 of 2,000 .*; better than the incumbent with e = 20 ≥ 20; worse than the incumbent has e = 0\.\d+ and rolls back at 200$/
    );
    expect(currentVerdict(goal, startGuard(goal)).reason).toMatch(/^goal: no users of the candidate/);
  });

  test('refuses evidence that counts requests where users are meant', () => {
    const { unit: _, ...requests } = users(0, 1, 2, 1);
    const judged = judgeTick({ plan: goal, state: startGuard(goal), evidence: requests });
    expect(judged.verdict).toMatchObject({ kind: 'error' });
    expect(judged.verdict.reason).toMatch(/counts requests, but the plan is about users/);
  });
});
