import { describe, expect, test } from '@jest/globals';
import { GuardPlanError, guardNames, planGuards } from '../../guards';
import type { ErrorsGuard, QualityGuard } from '../../spec/types';

const errors: ErrorsGuard = {
  kind: 'errors',
  statuses: '5xx',
  slo: 0.005,
  rollbackAt: { oddsRatio: 1 },
  promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
  required: true,
};
const quality: QualityGuard = {
  kind: 'quality',
  metric: 'accuracy',
  rollbackAt: { oddsRatio: 1.1 },
  promoteWithin: { kind: 'absolute', difference: 0.02 },
  required: false,
};
const base = { budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 }, horizonTicks: 120 };
const thrown = (act: () => unknown): GuardPlanError => {
  try {
    act();
  } catch (error) {
    if (error instanceof GuardPlanError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('planning guards', () => {
  const incumbent = { errors: { n: 8000, bad: 40 }, quality: { n: 9999, bad: 2000 } };

  test('fixes every number before the first request', () => {
    const [first, second] = planGuards({ ...base, guards: [errors, quality], incumbent });
    expect(first).toEqual({
      name: 'errors',
      kind: 'errors',
      class: 'guaranteed',
      required: true,
      rollbackOddsRatio: 1,
      promoteOddsRatio: 1.5,
      slo: 0.005,
      rollbackAlpha: 0.005,
      promoteAlpha: 0.05,
      horizonTicks: 120,
      incumbentRate: { rate: 0.005, n: 8000 },
    });
    expect(second).toMatchObject({ name: 'quality', required: false, rollbackOddsRatio: 1.1, slo: null });
  });

  test('turns an absolute margin into odds at the incumbent’s own rate', () => {
    const [plan] = planGuards({ ...base, guards: [quality], incumbent });
    const rate = 2000.5 / 10_000;
    expect(plan?.promoteOddsRatio).toBeCloseTo(((rate + 0.02) / (1 - rate - 0.02)) * ((1 - rate) / rate), 12);
  });

  test('divides the rollback budget so that the parts sum to it, and never the promotion budget', () => {
    const plans = planGuards({ ...base, guards: [errors, quality, errors], incumbent });
    expect(plans.reduce((sum, plan) => sum + plan.rollbackAlpha, 0)).toBeCloseTo(0.01, 15);
    expect(plans.map((plan) => plan.promoteAlpha)).toEqual([0.05, 0.05, 0.05]);
  });

  test('gives guards of the same kind names of their own', () => {
    expect(guardNames([errors, quality, errors, errors])).toEqual(['errors', 'quality', 'errors-2', 'errors-3']);
  });

  test('refuses an absolute margin without incumbent evidence, listing every such guard', () => {
    const error = thrown(() =>
      planGuards({ ...base, guards: [quality, errors, quality], incumbent: { quality: { n: 0, bad: 0 } } })
    );
    expect(error.kind).toBe('noIncumbentEvidence');
    expect(error.guards).toEqual(['quality', 'quality-2']);
    expect(error.message).toMatch(/quality, quality-2/);
  });

  test('needs no incumbent evidence for a margin given as an odds ratio', () => {
    expect(planGuards({ ...base, guards: [errors], incumbent: {} })[0]?.incumbentRate).toBeNull();
  });

  test('refuses a margin that leaves the range of rates', () => {
    const wide: QualityGuard = { ...quality, promoteWithin: { kind: 'absolute', difference: 0.9 } };
    const error = thrown(() => planGuards({ ...base, guards: [wide], incumbent }));
    expect(error.kind).toBe('impossibleMargin');
    expect(error.message).toBe("quality: a margin of 90 % on the incumbent's 20 % is no rate");
  });

  test('keeps an absolute margin finite when the incumbent made no mistake', () => {
    const [plan] = planGuards({ ...base, guards: [quality], incumbent: { quality: { n: 400, bad: 0 } } });
    expect(plan?.promoteOddsRatio).toBeGreaterThan(1);
    expect(plan?.promoteOddsRatio).toBeLessThan(20);
  });
});
