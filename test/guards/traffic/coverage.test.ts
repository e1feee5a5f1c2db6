import { describe, expect, test } from '@jest/globals';
import { currentVerdict, judgeTick, startGuard } from '../../../guards';
import { coverageJudge } from '../../../guards/traffic/coverage';
import type { Coverage, CoverageEvidence, CoveragePlan, CoverageState } from '../../../guards/traffic/coverage';
import { keyOf, seededCounts } from '../support';

const plan: CoveragePlan = {
  name: 'captureLoss',
  kind: 'captureLoss',
  class: 'approximate',
  required: false,
  alpha: 0.001,
  tolerated: 0.01,
  leastDue: 100,
};
const labels: CoveragePlan = { ...plan, name: 'labels', kind: 'labelLoss', tolerated: null };
const tick = (t: number, candidate: Coverage, incumbent: Coverage, sampling = 1): CoverageEvidence => ({
  kind: 'coverage',
  key: keyOf(t),
  candidate,
  incumbent,
  sampling,
});
const of = (due: number, got: number): Coverage => ({ due, got });
const after = (ticks: readonly CoverageEvidence[], own = plan): CoverageState =>
  ticks.reduce((state, evidence) => coverageJudge.count(own, state, evidence), coverageJudge.start(own));
const repeat = (ticks: number, candidate: Coverage, incumbent: Coverage, sampling = 1) =>
  Array.from({ length: ticks }, (_, t) => tick(t, candidate, incumbent, sampling));

describe('the capture-loss guard', () => {
  test('passes when everything that was sampled is there, at any sampling', () => {
    expect(currentVerdict(plan, after(repeat(10, of(50, 50), of(950, 950)))).kind).toBe('pass');
    const counts = seededCounts(1);
    const sampled = Array.from({ length: 60 }, (_, t) =>
      tick(t, of(50, counts(50, 0.2)), of(950, counts(950, 0.2)), 0.2)
    );
    expect(currentVerdict(plan, after(sampled)).kind).toBe('pass');
  });

  test('holds the rollout when an arm loses more than is tolerated, and says which', () => {
    const verdict = currentVerdict(plan, after(repeat(30, of(50, 45), of(950, 855))));
    expect(verdict).toMatchObject({ kind: 'inconclusive', holds: true });
    expect(verdict.reason).toMatch(
      /^captureLoss: captured requests: 10 % missing of 1,500 on the candidate, 10 % missing of 28,500 on the incumbent; too much is missing on the candidate with e = \S+ ≥ \S+, too much is missing on the incumbent with/
    );
  });

  test('holds the rollout when the arms lose differently, even within what is tolerated', () => {
    const generous = { ...plan, tolerated: 0.2 };
    const verdict = currentVerdict(generous, after(repeat(60, of(100, 90), of(900, 890)), generous));
    expect(verdict.holds).toBe(true);
    expect(verdict.reason).toMatch(/the arms differ with e/);
  });

  test('counts a record that falls into the next window where it belongs', () => {
    expect(after([tick(0, of(100, 120), of(900, 900)), tick(1, of(100, 80), of(900, 900))]).candidate).toEqual(
      of(200, 200)
    );
  });

  test('is inconclusive without data, and with too little', () => {
    expect(currentVerdict(plan, startGuard(plan)).reason).toMatch(/none due on the candidate.*100 more due/);
    expect(currentVerdict(plan, after(repeat(1, of(60, 60), of(900, 900)))).kind).toBe('inconclusive');
    expect(currentVerdict(plan, after(repeat(9, of(0, 0), of(900, 900)))).kind).toBe('inconclusive');
  });

  test('is held wrongly no more often than alpha', () => {
    const counts = seededCounts(3);
    const own = { ...plan, alpha: 0.05 };
    let held = 0;
    for (let run = 0; run < 200; run++) {
      const ticks = Array.from({ length: 30 }, (_, t) => tick(t, of(40, counts(40, 0.99)), of(360, counts(360, 0.99))));
      held += Number(currentVerdict(own, after(ticks, own)).holds === true);
    }
    expect(held / 200).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 200));
  });

  test.each([
    [of(-1, 0), 1, /candidate due is -1/],
    [of(3, 1.5), 1, /candidate got is 1.5/],
    [of(3, 3), 0, /the sampling is 0/],
    [of(3, 3), 1.2, /the sampling is 1.2/],
  ])('evidence such as %j at sampling %d is an error', (candidate, sampling, message) => {
    const evidence = tick(0, candidate, of(1, 1), sampling);
    const judged = judgeTick({ plan, state: startGuard(plan), evidence });
    expect(judged.verdict.kind).toBe('error');
    expect(judged.verdict.reason).toMatch(message);
  });
});

describe('labels that are missing', () => {
  test('do not matter while both arms miss alike, however many', () => {
    expect(currentVerdict(labels, after(repeat(40, of(100, 30), of(900, 270)), labels)).kind).toBe('pass');
  });

  test('hold the rollout when one arm is labelled more often: such a comparison is biased', () => {
    const verdict = currentVerdict(labels, after(repeat(40, of(100, 45), of(900, 270)), labels));
    expect(verdict).toMatchObject({ kind: 'inconclusive', holds: true });
    expect(verdict.reason).toMatch(
      /^labels: labels: 55 % missing of 4,000 on the candidate, 70 % missing .* the arms differ/
    );
  });
});
