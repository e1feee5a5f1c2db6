import { describe, expect, test } from '@jest/globals';
import { decide, startGuard } from '../../guards';
import type { RatePlan, RateState } from '../../guards';
import { errorsPlan, countAll, tickOf } from './support';

const plan = (name: string, more: Partial<RatePlan> = {}): RatePlan => ({
  ...errorsPlan,
  name,
  rollbackAlpha: 0.005,
  ...more,
});
const run = (
  guard: RatePlan,
  ticks: number,
  candidate: readonly [number, number],
  incumbent: readonly [number, number]
) =>
  countAll(
    guard,
    Array.from({ length: ticks }, (_, tick) => tickOf(tick, candidate, incumbent))
  );
const withHarm = (guard: RatePlan, e: number): RateState => {
  const state = startGuard(guard);
  return { ...state, harm: { ...state.harm, logE: Math.log(e) } };
};

describe('all guards together', () => {
  const [a, b] = [plan('errors'), plan('quality', { kind: 'quality' })];

  test('promote when every required guard passes, and not before', () => {
    const good = [run(a, 40, [0, 60], [6, 540]), run(b, 40, [0, 60], [6, 540])] as const;
    expect(decide([a, b], good)).toEqual({
      kind: 'promote',
      guilty: null,
      reason: 'every required guard passes: errors, quality',
    });
    const waiting = decide([a, b], [good[0], startGuard(b)]);
    expect(waiting.kind).toBe('undecided');
    expect(waiting.reason).toMatch(/^quality: no labelled predictions of the candidate/);
  });

  test('do not wait for a guard that is not required', () => {
    const optional = { ...b, required: false };
    expect(decide([a, optional], [run(a, 40, [0, 60], [6, 540]), startGuard(optional)]).kind).toBe('promote');
  });

  test('never promote when no guard is required: no evidence is never a pass', () => {
    expect(decide([], []).kind).toBe('undecided');
    const optional = { ...a, required: false };
    expect(decide([optional], [run(optional, 40, [0, 60], [6, 540])]).kind).toBe('undecided');
  });

  test('roll back when one guard fails, name it, and let rollback win over promotion', () => {
    const states = [run(a, 40, [0, 60], [6, 540]), run(b, 10, [20, 60], [60, 540])] as const;
    const decision = decide([a, { ...b, required: false }], states);
    expect(decision).toMatchObject({ kind: 'rollBack', guilty: 'quality' });
    expect(decision.reason).toMatch(/^quality: 200 of 600 wrong against 600 of 5,400/);
  });

  test('name the first failing guard and mention the others', () => {
    const states = [run(a, 10, [20, 60], [60, 540]), run(b, 10, [20, 60], [60, 540])] as const;
    const decision = decide([a, b], states);
    expect(decision.guilty).toBe('errors');
    expect(decision.reason).toMatch(/; also failed: quality$/);
  });

  test('roll back on evidence that only adds up over guards, and name nobody', () => {
    expect(decide([a, b], [withHarm(a, 99), withHarm(b, 99)]).kind).toBe('undecided');
    const decision = decide([a, b], [withHarm(a, 150), withHarm(b, 52)]);
    expect(decision).toEqual({
      kind: 'rollBack',
      guilty: null,
      reason: 'no guard fails alone, but together they show harm with e = 101 ≥ 100 (errors e = 150, quality e = 52)',
    });
  });

  test('weigh guards by their part of the budget', () => {
    const [heavy, light] = [plan('heavy', { rollbackAlpha: 0.009 }), plan('light', { rollbackAlpha: 0.001 })];
    expect(decide([heavy, light], [withHarm(heavy, 105), withHarm(light, 60)]).kind).toBe('rollBack');
    expect(decide([heavy, light], [withHarm(heavy, 60), withHarm(light, 105)]).kind).toBe('undecided');
  });

  test('leave guards without a guarantee out of the sum', () => {
    const loose = { ...b, class: 'approximate' } as const;
    expect(decide([a, loose], [withHarm(a, 60), withHarm(loose, 190)]).kind).toBe('undecided');
  });

  test('refuse plans and states that do not belong together', () => {
    expect(() => decide([a, b], [startGuard(a)])).toThrow(RangeError);
  });
});
