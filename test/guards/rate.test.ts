import { describe, expect, test } from '@jest/globals';
import { currentVerdict, judgeTick, startGuard } from '../../guards';
import type { RatePlan, RateState, TickEvidence } from '../../guards';
import { errorsPlan, countAll, keyOf, seededCounts, tickOf } from './support';

const repeat = (ticks: number, candidate: readonly [number, number], incumbent: readonly [number, number]) =>
  Array.from({ length: ticks }, (_, tick) => tickOf(tick, candidate, incumbent));

describe('a verdict', () => {
  test('is inconclusive before any evidence and says so', () => {
    const verdict = currentVerdict(errorsPlan, startGuard(errorsPlan));
    expect(verdict.kind).toBe('inconclusive');
    expect(verdict.reason).toBe(
      'errors: no requests of the candidate in 0 ticks (incumbent: 0); undecided: worse than the incumbent has e = 1 of 100, ' +
        'no worse than the margin 1.5 has e = 1 of 20; how much more is needed cannot be told before the first of its requests'
    );
  });

  test('stays inconclusive however long the candidate or both arms stay silent', () => {
    for (const ticks of [repeat(500, [0, 0], [9, 570]), repeat(500, [0, 0], [0, 0]), repeat(500, [0, 30], [0, 570])]) {
      const state = countAll(errorsPlan, ticks);
      const verdict = currentVerdict(errorsPlan, state);
      expect(verdict.kind).toBe('inconclusive');
      expect(verdict.numbers.moreTrials).toBeNull();
      expect(verdict.numbers.harm.logE).toBe(0);
    }
  });

  test('names counts, estimate, interval and the e-value that decided a failure', () => {
    const state = countAll(errorsPlan, repeat(4, [6, 40], [10, 760]));
    const verdict = currentVerdict(errorsPlan, state);
    expect(verdict.kind).toBe('fail');
    expect(verdict.numbers.moreTrials).toBe(0);
    expect(verdict.reason).toMatch(
      /^errors: 24 of 160 failed against 40 of 3,040 \(odds ratio 13\.2, at least [\d.]+\); worse than the incumbent with e = 100 ≥ 100$/
    );
  });

  test('names the margin and the e-value that decided a pass', () => {
    const plan: RatePlan = { ...errorsPlan, name: 'quality', kind: 'quality', promoteOddsRatio: 1.15 };
    const state = countAll(plan, repeat(30, [18, 100], [400, 1900]));
    expect(currentVerdict(plan, state).reason).toMatch(
      /^quality: 540 of 3,000 wrong against 12,000 of 57,000 \(odds ratio 0\.823, 0\.\d+–0\.\d+\); no worse than the margin 1\.15 with e = 20 ≥ 20; worse than the incumbent has e = 0\.\d+ and rolls back at 100$/
    );
  });

  test('tells how many more requests decide it, and that many about do', () => {
    const counts = seededCounts(3);
    const ratios: number[] = [];
    for (let run = 0; run < 20; run++) {
      let state = countAll(errorsPlan, repeat(20, [1, 60], [6, 540]));
      let verdict = currentVerdict(errorsPlan, state);
      const promised = verdict.numbers.moreTrials ?? NaN;
      for (let tick = 20; verdict.kind === 'inconclusive' && tick < 2000; tick++) {
        const evidence = tickOf(tick, [counts(60, 1 / 60), 60], [counts(540, 1 / 90), 540]);
        ({ state, verdict } = judgeTick({ plan: errorsPlan, state, evidence }));
      }
      ratios.push((state.candidate.n - 1200) / promised);
    }
    const mean = ratios.reduce((a, b) => a + b) / ratios.length;
    expect(mean).toBeGreaterThan(0.4);
    expect(mean).toBeLessThan(2);
  });

  test('cannot tell how much more is needed where the estimate lies between harm and margin', () => {
    const state = countAll(errorsPlan, repeat(3, [11, 1000], [100, 10_000]));
    expect(['inconclusive', 'pass']).toContain(currentVerdict(errorsPlan, state).kind);
    const between: RatePlan = { ...errorsPlan, rollbackOddsRatio: 1.3, promoteOddsRatio: 1.01 };
    const verdict = currentVerdict(between, countAll(between, repeat(3, [11, 1000], [100, 10_000])));
    expect(verdict.numbers.moreTrials).toBeNull();
    expect(verdict.reason).toMatch(/at this estimate more requests would not decide it$/);
  });

  test('never fails and passes at once: failing wins', () => {
    const strange: RatePlan = { ...errorsPlan, promoteOddsRatio: 50 };
    const state = countAll(strange, repeat(60, [4, 100], [20, 1900]));
    expect(state.promote.logE).toBeCloseTo(Math.log(20), 9);
    expect(currentVerdict(strange, state).kind).toBe('fail');
  });

  test('withdraws a pass when the evidence since then speaks against it', () => {
    const plan: RatePlan = { ...errorsPlan, rollbackOddsRatio: 5 };
    const passed = countAll(plan, repeat(40, [0, 60], [6, 540]));
    expect(currentVerdict(plan, passed).kind).toBe('pass');
    const worse = Array.from({ length: 40 }, (_, i) => tickOf(40 + i, [2, 60], [6, 540]));
    let state: RateState = passed;
    for (const evidence of worse) state = judgeTick({ plan, state, evidence }).state;
    const verdict = currentVerdict(plan, state);
    expect(verdict.kind).toBe('inconclusive');
    expect(verdict.numbers.promote.logE).toBeLessThan(0);
  });
});

describe('the absolute route', () => {
  const plan: RatePlan = { ...errorsPlan, slo: 0.005 };

  test('passes a healthy pair without a single failure, which no comparison could', () => {
    const ticks = repeat(60, [0, 30], [0, 570]);
    expect(currentVerdict(errorsPlan, countAll(errorsPlan, ticks)).kind).toBe('inconclusive');
    const verdict = currentVerdict(plan, countAll(plan, ticks));
    expect(verdict.kind).toBe('pass');
    expect(verdict.numbers.promote.route).toBe('slo');
    expect(verdict.reason).toMatch(
      /below the objective of 0\.5 % with e = 40 ≥ 40; worse than the incumbent has e = 1 and rolls back at 100$/
    );
  });

  test('needs about as many clean requests as it foretold', () => {
    const state = countAll(plan, repeat(6, [0, 30], [0, 570]));
    const foretold = currentVerdict(plan, state).numbers.moreTrials ?? NaN;
    let ticks = 6;
    while (currentVerdict(plan, countAll(plan, repeat(ticks, [0, 30], [0, 570]))).kind !== 'pass') ticks += 1;
    expect(Math.abs((ticks - 6) * 30 - foretold) / foretold).toBeLessThan(0.25);
  });

  test('costs the comparison half of its promotion budget, no more', () => {
    const { promote } = currentVerdict(plan, countAll(plan, repeat(10, [0, 30], [5, 570]))).numbers;
    expect(promote.needs).toBeCloseTo(Math.log(40), 12);
  });

  test('does not pass a candidate that fails more often than the objective', () => {
    const verdict = currentVerdict(plan, countAll(plan, repeat(100, [1, 100], [0, 0])));
    expect(verdict.kind).toBe('inconclusive');
    expect(verdict.numbers.promote.logE).toBeLessThan(Math.log(40));
  });
});

describe('evidence that cannot be true', () => {
  const good = tickOf(5, [1, 30], [5, 570]);
  const state = countAll(errorsPlan, repeat(5, [0, 30], [3, 570]));
  const broken: readonly [string, TickEvidence, RegExp][] = [
    ['more bad than trials', { ...good, candidate: { n: 3, bad: 4 } }, /candidate has 4 bad of only 3/],
    ['a negative count', { ...good, incumbent: { n: -5, bad: 0 } }, /incumbent n is -5, below zero/],
    ['a fractional count', { ...good, candidate: { n: 30, bad: 0.5 } }, /candidate bad is 0.5, not a whole number/],
    ['NaN', { ...good, incumbent: { n: 30, bad: NaN } }, /incumbent bad is NaN, not a whole number/],
    [
      'an infinite count',
      { ...good, candidate: { n: Infinity, bad: 0 } },
      /candidate n is Infinity, not a whole number/,
    ],
    ['a key that is no time', { ...good, key: 'yesterday' }, /"yesterday" is not an ISO-8601 time/],
  ];

  test.each(broken)('%s gives an error verdict and changes nothing', (_name, evidence, message) => {
    const judged = judgeTick({ plan: errorsPlan, state, evidence });
    expect(judged.verdict.kind).toBe('error');
    expect(judged.verdict.reason).toMatch(message);
    expect(judged.state).toBe(state);
  });

  test('an error is never a pass, even after a pass', () => {
    const passed = countAll(errorsPlan, repeat(60, [0, 100], [10, 900]));
    expect(currentVerdict(errorsPlan, passed).kind).toBe('pass');
    const evidence = { ...tickOf(60, [0, 100], [10, 900]), candidate: { n: 1, bad: 2 } };
    expect(judgeTick({ plan: errorsPlan, state: passed, evidence }).verdict.kind).toBe('error');
  });

  test('the same tick counts when it comes again with true numbers', () => {
    const bad = judgeTick({ plan: errorsPlan, state, evidence: { ...good, candidate: { n: 1, bad: 2 } } });
    const repaired = judgeTick({ plan: errorsPlan, state: bad.state, evidence: good });
    expect(repaired.state.ticks).toBe(6);
    expect(repaired.state.lastKey).toBe(good.key);
  });
});

describe('the key of a tick', () => {
  test('a tick delivered twice, or late, counts once', () => {
    const state = countAll(errorsPlan, repeat(5, [1, 30], [3, 570]));
    for (const tick of [4, 3, 0]) {
      const again = judgeTick({ plan: errorsPlan, state, evidence: tickOf(tick, [9, 30], [3, 570]) });
      expect(again.state).toBe(state);
      expect(again.verdict).toEqual(currentVerdict(errorsPlan, state));
    }
  });

  test('the same instant written differently is the same tick', () => {
    const state = countAll(errorsPlan, [tickOf(0, [1, 30], [3, 570])]);
    const evidence = { ...tickOf(0, [1, 30], [3, 570]), key: '2026-01-01T01:00:00+01:00' };
    expect(keyOf(0)).toBe('2026-01-01T00:00:00.000Z');
    expect(judgeTick({ plan: errorsPlan, state, evidence }).state).toBe(state);
  });
});

describe('the state', () => {
  test('stays under 3 KB of JSON, whatever was counted', () => {
    const plan: RatePlan = { ...errorsPlan, slo: 0.005 };
    const counts = seededCounts(11);
    for (const n of [30, 50_000, 1_000_000]) {
      const ticks = Array.from({ length: 40 }, (_, tick) => tickOf(tick, [counts(n, 0.013), n], [counts(n, 0.01), n]));
      const json = JSON.stringify(countAll(plan, ticks));
      expect(json.length).toBeLessThan(3072);
      expect(json).not.toMatch(/null,null|NaN|Infinity/);
    }
  });
});
