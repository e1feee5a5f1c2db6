import { describe, expect, test } from '@jest/globals';
import { currentVerdict } from '../../guards';
import type { RatePlan, RateState } from '../../guards';
import { aloneHarm, countAlone, planAlone } from '../../guards/alone';
import { countRate, startRate } from '../../guards/rate';
import { errorsPlan, seededCounts, tickOf } from './support';

const plan = planAlone({ ...errorsPlan, rollbackAlpha: 0.1, slo: 0.05, horizonTicks: 100 });

/** Ticks of ten requests, of which so many were bad, with nobody beside the candidate. */
function serve(state: RateState, bad: readonly number[], of: RatePlan = plan): RateState {
  return bad.reduce<RateState>(
    (sofar, count, i) => countRate(of, sofar, { ...tickOf(sofar.ticks + i + 1, [count, 10], [0, 0]), isAlone: true }),
    state
  );
}

describe('a candidate that serves alone, as in a cold watch', () => {
  test('fails when it is worse than its objective, and the verdict says what it was compared with', () => {
    const verdict = currentVerdict(plan, serve(startRate(plan), [5, 5, 4, 6, 5]));
    expect(verdict.kind).toBe('fail');
    expect(verdict.reason).toBe(
      'errors: 25 of 50 requests failed since the incumbent serves no more; above 5 % with e = 50 ≥ 50 (weaker: nothing to compare with)'
    );
  });

  test('is rolled back wrongly no more often than its part of the budget, a look after every tick', () => {
    const loose = planAlone({ ...errorsPlan, rollbackAlpha: 0.5, slo: 0.05, horizonTicks: 100 });
    expect(loose.alone?.alpha).toBeCloseTo(0.1, 12);
    const counts = seededCounts(5);
    const runs = 300;
    let failed = 0;
    for (let run = 0; run < runs; run++) {
      let state: RateState['alone'];
      for (let tick = 0; tick < 60; tick++) state = countAlone(loose, state, { n: 10, bad: counts(10, 0.05) });
      failed += Number(aloneHarm(loose, state)?.isShown);
    }
    expect(failed / runs).toBeLessThan(0.1 + 3.3 * Math.sqrt(0.09 / runs));
    expect(failed).toBeGreaterThan(0);
  });

  test('keeps to the incumbent’s own rate where that is above the objective, and both parts to the budget', () => {
    const rough = planAlone({ ...errorsPlan, rollbackAlpha: 0.1, slo: 0.05, incumbentRate: { rate: 0.2, n: 500 } });
    expect(rough.alone?.limit).toBe(0.2);
    expect(rough.rollbackAlpha + (rough.alone?.alpha ?? 0)).toBeCloseTo(0.1, 12);
    expect(planAlone(errorsPlan)).toBe(errorsPlan);
  });

  test('is compared, not measured by the limit, in every tick in which the incumbent serves, and in gaps before it was alone', () => {
    const both = countRate(plan, startRate(plan), { ...tickOf(0, [5, 10], [0, 10]), isAlone: true });
    const gap = countRate(plan, startRate(plan), tickOf(0, [5, 10], [0, 0]));
    expect([both.alone, gap.alone]).toEqual([undefined, undefined]);
  });
});
