import { describe, expect, test } from '@jest/globals';
import { currentVerdict, decide, judgeTick, startGuard } from '../../../guards';
import { hasCrossed } from '../../../guards/e-process';
import { seededUniform } from '../../../guards/random';
import { splitJudge } from '../../../guards/traffic/split';
import type { SplitEvidence, SplitPlan, SplitState } from '../../../guards/traffic/split';
import { twoSidedDesign } from '../../../guards/traffic/two-sided';
import { enumerateCounts } from '../enumerate';
import referee from '../fixtures/referee.json';
import { countAll, errorsPlan, keyOf, seededCounts, tickOf } from '../support';

const plan: SplitPlan = {
  name: 'split',
  kind: 'split',
  class: 'guaranteed',
  required: false,
  alpha: 0.001,
  leastExpected: 30,
};
const tick = (t: number, candidate: number, total: number, sharePct: number): SplitEvidence => ({
  kind: 'split',
  key: keyOf(t),
  candidate,
  incumbent: total - candidate,
  sharePct,
});
const after = (ticks: readonly SplitEvidence[], own = plan): SplitState =>
  ticks.reduce((state, evidence) => splitJudge.count(own, state, evidence), splitJudge.start(own));

describe('the split guard', () => {
  test.each(referee.split)('agrees with the Python referee to 1e-9 at a real share of $share', (row) => {
    let state = splitJudge.start(plan);
    row.candidate.forEach((candidate, t) => {
      state = splitJudge.count(plan, state, tick(t, candidate, 600, 5));
      expect(Math.abs(state.test.logE - (row.log_e[t] ?? NaN))).toBeLessThan(1e-9);
    });
  });

  test('has a mean e-value of exactly 1 and crosses no likelier than alpha while the share changes', () => {
    const odds = [1 / 9, 1, 1 / 4, 3 / 7];
    const families = [6, 5, 8, 7].map((trials, i) => ({ kind: 'binomial', trials, odds: odds[i] ?? 1 }) as const);
    const own = { ...plan, alpha: 0.2 };
    const design = twoSidedDesign(own.alpha, [0.05, 0.1, 0.2, 0.5, 1]);
    const { mean, crossing } = enumerateCounts({
      families,
      theta: 1,
      start: splitJudge.start(own),
      step: (state, family, count, t) => {
        if (family.kind !== 'binomial') throw new Error('no such family here');
        return splitJudge.count(own, state, tick(t, count, family.trials, (100 * family.odds) / (1 + family.odds)));
      },
      logE: (state) => state.test.logE,
      crossed: (state) => hasCrossed(design, state.test),
    });
    expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
    expect(crossing).toBeLessThanOrEqual(0.2);
    expect(crossing).toBeGreaterThan(0);
  });

  test('holds the rollout when 6 % arrive where 5 % were configured, in either direction', () => {
    for (const candidate of [36, 24]) {
      const ticks = Array.from({ length: 60 }, (_, t) => tick(t, candidate, 600, 5));
      const verdict = currentVerdict(plan, after(ticks));
      expect(verdict).toMatchObject({ kind: 'inconclusive', holds: true });
      expect(verdict.reason).toMatch(
        new RegExp(`^split: ${candidate / 6} % of 36,000 requests reached the candidate where 5 % were to`)
      );
    }
  });

  test('never fails a candidate, and a held rollout is neither promoted nor rolled back', () => {
    const ticks = Array.from({ length: 60 }, (_, t) => tick(t, 60, 600, 5));
    const good = countAll(
      errorsPlan,
      Array.from({ length: 60 }, (_, t) => tickOf(t, [0, 60], [6, 540]))
    );
    expect(decide([errorsPlan], [good]).kind).toBe('promote');
    const decision = decide([errorsPlan, plan], [good, after(ticks)]);
    expect(decision).toMatchObject({ kind: 'undecided', holding: ['split'] });
    expect(decision.reason).toMatch(/so the comparison is held$/);
    const bad = countAll(
      errorsPlan,
      Array.from({ length: 60 }, (_, t) => tickOf(t, [9, 60], [6, 540]))
    );
    expect(decide([plan, errorsPlan], [after(ticks), bad])).toMatchObject({ kind: 'rollBack', guilty: 'errors' });
  });

  test('passes only after enough requests were due to the candidate: no data is never a pass', () => {
    expect(currentVerdict(plan, startGuard(plan))).toMatchObject({ kind: 'inconclusive' });
    expect(currentVerdict(plan, after([tick(0, 5, 100, 5)])).reason).toMatch(/25 more requests due to the candidate/);
    expect(currentVerdict(plan, after([tick(0, 30, 600, 5)])).kind).toBe('pass');
    expect(currentVerdict(plan, after([tick(0, 0, 600, 0), tick(1, 600, 600, 100)])).kind).toBe('inconclusive');
  });

  test('does not mind shares that change, and ignores ticks in which nothing was split', () => {
    const counts = seededCounts(4);
    const shares = [5, 10, 0, 25, 50, 100, 5];
    const ticks = Array.from({ length: 140 }, (_, t) => {
      const sharePct = shares[Math.floor(t / 20)] ?? 5;
      const candidate = sharePct === 0 ? 0 : sharePct === 100 ? 600 : counts(600, sharePct / 100);
      return tick(t, candidate, 600, sharePct);
    });
    const verdict = currentVerdict(plan, after(ticks));
    expect(verdict.kind).toBe('pass');
    expect(verdict.numbers.candidate.n + verdict.numbers.incumbent.n).toBe(600 * 100);
  });

  test('is held wrongly in at most one of a thousand right splits', () => {
    const uniform = seededUniform(5);
    const counts = seededCounts(6);
    let held = 0;
    for (let run = 0; run < 300; run++) {
      let state = splitJudge.start({ ...plan, alpha: 0.05 });
      for (let t = 0; t < 40; t++) {
        const sharePct = uniform() < 0.5 ? 5 : 20;
        state = splitJudge.count({ ...plan, alpha: 0.05 }, state, tick(t, counts(200, sharePct / 100), 200, sharePct));
      }
      held += Number(currentVerdict({ ...plan, alpha: 0.05 }, state).holds === true);
    }
    expect(held / 300).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 300));
  });

  test.each([
    [{ candidate: -1 }, /candidate is -1, below zero/],
    [{ incumbent: 0.5 }, /incumbent is 0.5, not a whole number/],
    [{ sharePct: 101 }, /the configured share is 101, not 0–100 %/],
    [{ sharePct: NaN }, /the configured share is NaN/],
  ])('evidence such as %j is an error and changes nothing', (change, message) => {
    const state = startGuard(plan);
    const judged = judgeTick({ plan, state, evidence: { ...tick(0, 30, 600, 5), ...change } });
    expect(judged.verdict.kind).toBe('error');
    expect(judged.verdict.reason).toMatch(message);
    expect(judged.state).toBe(state);
  });

  test('refuses the state and the evidence of another guard', () => {
    expect(() => judgeTick({ plan, state: startGuard(errorsPlan), evidence: tick(0, 1, 10, 5) })).toThrow(RangeError);
    expect(() => judgeTick({ plan, state: startGuard(plan), evidence: tickOf(0, [0, 1], [0, 1]) })).toThrow(
      /of kind counts/
    );
  });
});
