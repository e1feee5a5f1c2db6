import { describe, expect, test } from '@jest/globals';
import { seededUniform } from '../../../guards/random';
import { chernoffRange, dkwHalfWidth, rejectByEBh, startBudget, stepBudget } from '../../../monitors/budget';
import type { BudgetPlan, BudgetState } from '../../../monitors/budget';

const plan: BudgetPlan = {
  falseAlarmProbability: 0.05,
  baselineShare: 0.2,
  subjects: ['a', 'b', 'c', 'd'].map((subject) => ({
    subject,
    events: [0.1, 0.5, 0.9].map((share) => ({ name: `≤ ${share}`, low: share, high: share })),
  })),
};

/** One window of uniform numbers, shifted for the subjects named. */
function windowOf(uniform: () => number, p: { key: number; rows: number; shift?: Readonly<Record<string, number>> }) {
  const subjects = Object.fromEntries(
    plan.subjects.map(({ subject }) => {
      const values = Array.from({ length: p.rows }, () => uniform() + (p.shift?.[subject] ?? 0));
      const counts = [0.1, 0.5, 0.9].map((cut) => values.filter((x) => x <= cut).length);
      return [subject, { rows: p.rows, counts }];
    })
  );
  return { key: String(p.key).padStart(4, '0'), subjects };
}

describe('one false-alarm budget over subjects and windows', () => {
  test('500 streams without any change alarm no more often than the budget says, at the very edge of the ranges', () => {
    const uniform = seededUniform(8);
    let alarmed = 0;
    for (let stream = 0; stream < 500; stream++) {
      let state: BudgetState = startBudget(plan);
      let any = false;
      for (let key = 0; key < 30 && !any; key++) {
        const step = stepBudget(plan, state, windowOf(uniform, { key, rows: 20 }));
        state = step.state;
        any = step.evidence.some(({ alarm }) => alarm);
      }
      if (any) alarmed++;
    }
    // Four standard errors above 4 % of 500, which is what the e-values may spend.
    expect(alarmed).toBeLessThanOrEqual(37);
  });

  test('a shift that begins late is found, in the subject that shifted', () => {
    const uniform = seededUniform(5);
    let state = startBudget(plan);
    const alarms: string[][] = [];
    for (let key = 0; key < 40; key++) {
      const step = stepBudget(plan, state, windowOf(uniform, { key, rows: 100, shift: key < 20 ? {} : { c: 0.15 } }));
      state = JSON.parse(JSON.stringify(step.state));
      alarms.push(step.evidence.filter(({ alarm }) => alarm).map(({ subject }) => subject));
    }
    expect(alarms.slice(0, 20).flat()).toEqual([]);
    expect(alarms[24]).toEqual(['c']);
  });

  test('a window that comes again, or late, changes nothing', () => {
    const uniform = seededUniform(1);
    const first = stepBudget(plan, startBudget(plan), windowOf(uniform, { key: 7, rows: 50 }));
    for (const key of [7, 3]) {
      const again = stepBudget(plan, first.state, windowOf(uniform, { key, rows: 50, shift: { a: 0.5 } }));
      expect(again).toMatchObject({ counted: false, state: first.state, evidence: first.evidence });
    }
  });

  test('what a workflow must carry for 20 features of nine events stays below 8 KB', () => {
    const subjects = Array.from({ length: 20 }, (_, i) => ({
      subject: `feature ${i}`,
      events: Array.from({ length: 9 }, (_, j) => ({ name: `${j}`, low: (j + 0.9) / 10, high: (j + 1.1) / 10 })),
    }));
    const wide = { ...plan, subjects };
    const counts = { rows: 1000, counts: Array.from({ length: 9 }, (_, j) => (j + 1) * 100) };
    let state = startBudget(wide);
    for (let key = 10; key < 40; key++) {
      const seen = Object.fromEntries(subjects.map(({ subject }) => [subject, counts]));
      state = stepBudget(wide, state, { key: String(key), subjects: seen }).state;
    }
    expect(JSON.stringify(state).length).toBeLessThan(8000);
  });

  test('a subject without anything to bet on never alarms and never hinders the others', () => {
    const empty = { ...plan, subjects: [{ subject: 'nothing', events: [] }, ...plan.subjects] };
    const seen = { rows: 5000, counts: [0, 0, 0] };
    const step = stepBudget(empty, startBudget(empty), { key: '1', subjects: { a: seen } });
    expect(step.evidence.filter(({ alarm }) => alarm).map(({ subject }) => subject)).toEqual(['a']);
  });
});

describe('e-BH', () => {
  test.each([
    { es: [100, 1, 1, 1], alpha: 0.05, rejected: [true, false, false, false] },
    { es: [79, 1, 1, 1], alpha: 0.05, rejected: [false, false, false, false] },
    { es: [1, 41, 45, 1], alpha: 0.05, rejected: [false, true, true, false] },
    { es: [], alpha: 0.05, rejected: [] },
  ])('of $es at $alpha rejects $rejected', ({ es, alpha, rejected }) => {
    expect(rejectByEBh(es.map(Math.log), alpha)).toEqual(rejected);
  });
});

describe('ranges of a baseline', () => {
  test('the band of 5,000 rows at 1 % is 0.023 wide to each side, and no rows know nothing', () => {
    expect(dkwHalfWidth(5000, 0.01)).toBeCloseTo(0.02302, 5);
    expect(dkwHalfWidth(0, 0.01)).toBe(1);
  });

  test('a share is held by its range as often as promised, also when it is rare', () => {
    const uniform = seededUniform(3);
    for (const share of [0.003, 0.2, 0.98]) {
      let missed = 0;
      for (let i = 0; i < 2000; i++) {
        let hits = 0;
        for (let row = 0; row < 200; row++) if (uniform() < share) hits++;
        const [low, high] = chernoffRange(hits, 200, 0.05);
        if (share < low || share > high) missed++;
      }
      expect(missed).toBeLessThanOrEqual(100);
    }
    expect(chernoffRange(0, 1000, 0.05)).toEqual([0, expect.closeTo(0.00368, 4)]);
  });
});
