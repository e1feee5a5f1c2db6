import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currentVerdict, decide, judgeTick, startGuard } from '../../../guards';
import type { Evidence, GuardPlan, GuardState } from '../../../guards';
import type {
  AlarmPlan,
  DriftPlan,
  ThresholdPlan,
  WebhookEvidence,
  WebhookPlan,
} from '../../../guards/thresholds/types';
import { keyOf } from '../support';

const rule = {
  class: 'threshold',
  required: true,
  allowedFailures: 0,
  windowTicks: null,
  leastTicks: 1,
  then: 'rollBack',
} as const;
const threshold: ThresholdPlan = { ...rule, name: 'cpu', kind: 'threshold', metric: 'CPU %', limit: { above: 80 } };
const alarm: AlarmPlan = { ...rule, name: 'alarm', kind: 'alarm', alarm: 'reviews-p99', missingData: 'missing' };
const webhook: WebhookPlan = { ...rule, name: 'webhook', kind: 'webhook', url: 'https://check.example.org/v8' };
const drift: DriftPlan = {
  ...rule,
  name: 'outputDrift',
  kind: 'outputDrift',
  distance: 'lInfinity',
  threshold: 0.1,
  leastN: 500,
  everyTicks: 2,
};

/** State after evidence, each with the next tick's key. */
function after(plan: GuardPlan, seen: readonly Evidence[]): GuardState {
  return seen.reduce<GuardState>((state, evidence, t) => {
    return judgeTick({ plan, state, evidence: { ...evidence, key: keyOf(t) } }).state;
  }, startGuard(plan));
}
const verdict = (plan: GuardPlan, seen: readonly Evidence[]) => currentVerdict(plan, after(plan, seen));
const values = (...list: readonly (number | null)[]): readonly Evidence[] =>
  list.map((value) => ({ kind: 'value', key: '', value }));

describe('"at most N failures allowed"', () => {
  test.each([
    [0, [81], 'fail'],
    [0, [79], 'pass'],
    [0, [80], 'pass'],
    [1, [81], 'pass'],
    [1, [81, 81], 'fail'],
    [3, [81, 81, 81], 'pass'],
    [3, [81, 81, 81, 81], 'fail'],
  ] as const)('%d allowed, values %j: %s', (allowedFailures, list, kind) => {
    expect(verdict({ ...threshold, allowedFailures }, values(...list)).kind).toBe(kind);
  });

  test('counts within the window, so that 2 of the last 3 are still allowed when the third is old', () => {
    const plan = { ...threshold, allowedFailures: 2, windowTicks: 3 };
    expect(verdict(plan, values(90, 90, 10, 90)).kind).toBe('pass');
    expect(verdict(plan, values(90, 90, 90)).kind).toBe('fail');
  });

  test('stays failed when better values follow: a rollback is for ever', () => {
    const plan = { ...threshold, windowTicks: 2 };
    const { kind, reason } = verdict(plan, values(90, 10, 10, 10));
    expect(kind).toBe('fail');
    expect(reason).toMatch(/it failed before$/);
  });

  test('says rule, value, and what is allowed', () => {
    expect(verdict({ ...threshold, allowedFailures: 1, windowTicks: 5 }, values(90, 90)).reason).toBe(
      'cpu: CPU % 90 (limit at most 80); 2 of the last 2 looks beyond it, 1 allowed'
    );
    expect(verdict({ ...threshold, limit: { below: 0.9 } }, values(0.95)).reason).toBe(
      'cpu: CPU % 0.95 (limit at least 0.9); 0 of 1 looks beyond it, 0 allowed'
    );
  });

  test('a worse value never makes the verdict better', () => {
    const badness = { pass: 0, inconclusive: 1, error: 1, fail: 2 } as const;
    const plans = fc.record({
      allowedFailures: fc.nat(3),
      windowTicks: fc.constantFrom(null, 2, 5),
      leastTicks: fc.constantFrom(1, 3),
      then: fc.constantFrom('rollBack', 'hold', 'alert'),
    });
    const list = fc.array(fc.constantFrom(10, 90, null), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(plans, list, fc.nat(9), (more, seen, at) => {
        const plan: ThresholdPlan = { ...threshold, ...more };
        const worse = seen.map((value, i) => (i === at % seen.length && value !== null ? 95 : value));
        expect(badness[verdict(plan, values(...worse)).kind]).toBeGreaterThanOrEqual(
          badness[verdict(plan, values(...seen)).kind]
        );
      }),
      { numRuns: 200 }
    );
  });
});

describe('missing data', () => {
  test('is never a pass, however long it was good before', () => {
    expect(verdict(threshold, []).kind).toBe('inconclusive');
    expect(verdict(threshold, values(null, null)).kind).toBe('inconclusive');
    const { kind, reason } = verdict(threshold, values(10, 10, null));
    expect(kind).toBe('inconclusive');
    expect(reason).toMatch(/no data .*the last look says nothing, which is no pass$/);
    expect(verdict(threshold, values(10, null, 10)).kind).toBe('pass');
  });

  test('counts for neither side, and does not stand in for the ticks that a pass needs', () => {
    const plan = { ...threshold, leastTicks: 3 };
    expect(verdict(plan, values(10, null, null, 10)).reason).toMatch(/1 more looks with data are needed$/);
    expect(verdict(plan, values(10, null, 10, 10)).kind).toBe('pass');
  });
});

describe('what a failure means', () => {
  test('holding lasts as long as the window is bad, and blocks promotion though nobody requires it', () => {
    const plan: ThresholdPlan = { ...threshold, required: false, then: 'hold', windowTicks: 2 };
    const other: ThresholdPlan = { ...threshold, name: 'other' };
    const good = after(other, values(10));
    expect(decide([plan, other], [after(plan, values(90)), good])).toMatchObject({
      kind: 'undecided',
      holding: ['cpu'],
    });
    expect(decide([plan, other], [after(plan, values(90, 10, 10)), good]).kind).toBe('promote');
  });

  test('an alert is only said', () => {
    const plan: ThresholdPlan = { ...threshold, required: false, then: 'alert' };
    const other: ThresholdPlan = { ...threshold, name: 'other' };
    const states = [after(plan, values(90, 90)), after(other, values(10))];
    expect(decide([plan, other], states).kind).toBe('promote');
    expect(currentVerdict(plan, states[0] ?? startGuard(plan)).reason).toMatch(/an alert only$/);
  });

  test('a rollback names the guard, which stands outside the budget', () => {
    expect(decide([threshold], [after(threshold, values(90))])).toMatchObject({ kind: 'rollBack', guilty: 'cpu' });
  });
});

describe('an alarm', () => {
  const seen = (state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', dataPoints: number | null = 5): Evidence => ({
    kind: 'alarm',
    key: '',
    state,
    dataPoints,
  });

  test.each([
    ['missing', seen('OK'), 'pass'],
    ['missing', seen('ALARM'), 'fail'],
    ['missing', seen('INSUFFICIENT_DATA'), 'inconclusive'],
    ['missing', seen('OK', 0), 'inconclusive'],
    ['missing', seen('OK', null), 'pass'],
    ['notBreaching', seen('OK', null), 'inconclusive'],
    ['ignore', seen('OK', null), 'inconclusive'],
    ['notBreaching', seen('OK', 3), 'pass'],
    ['breaching', seen('ALARM', 0), 'inconclusive'],
    ['breaching', seen('ALARM', null), 'fail'],
  ] as const)('that treats missing data as %s and says %j is %s', (missingData, evidence, kind) => {
    expect(verdict({ ...alarm, missingData }, [evidence]).kind).toBe(kind);
  });

  test('names the alarm and what it said', () => {
    expect(verdict(alarm, [seen('OK', 0)]).reason).toMatch(/^alarm: alarm reviews-p99 is OK, but on no known data; /);
  });
});

describe('a webhook', () => {
  const said = (answer: WebhookEvidence['answer'], words: string | null = null): Evidence => ({
    kind: 'webhook',
    key: '',
    answer,
    said: words,
  });

  test.each([
    ['pass', 'pass'],
    ['fail', 'fail'],
    ['inconclusive', 'inconclusive'],
    ['timeout', 'error'],
    ['unreachable', 'error'],
    ['invalid', 'error'],
  ] as const)('that answers %s is %s', (answer, kind) => {
    expect(verdict(webhook, [said('pass'), said(answer)]).kind).toBe(kind);
  });

  test('that cannot be reached promotes nobody, and is forgiven when it answers again', () => {
    expect(decide([webhook], [after(webhook, [said('pass'), said('timeout')])]).kind).toBe('undecided');
    expect(decide([webhook], [after(webhook, [said('timeout'), said('pass')])]).kind).toBe('promote');
  });

  test('is quoted', () => {
    expect(verdict(webhook, [said('fail', 'canary smoke test: 3 of 9 wrong')]).reason).toMatch(
      /said fail: canary smoke test: 3 of 9 wrong; 1 of 1 looks beyond it, 0 allowed$/
    );
  });
});

describe('output drift', () => {
  const labels = (candidate: Record<string, number>, incumbent: Record<string, number>): Evidence => ({
    kind: 'labels',
    key: '',
    candidate,
    incumbent,
  });
  const same = labels({ pos: 300, neg: 100 }, { pos: 3000, neg: 1000 });
  const far = labels({ pos: 200, neg: 200 }, { pos: 3000, neg: 1000 });

  test('passes a candidate that answers alike and fails one that does not', () => {
    expect(verdict(drift, [same, same]).kind).toBe('pass');
    const { kind, reason, numbers } = verdict(drift, [far, far]);
    expect(kind).toBe('fail');
    expect(numbers.estimate?.value).toBeCloseTo(0.25, 12);
    expect(reason).toMatch(
      /^outputDrift: largest difference of shares 0\.25 \(limit 0\.1, 0\.\d+ may be chance\); 1 of 1 looks/
    );
  });

  test('waits for enough answers on both arms', () => {
    const few = labels({ pos: 20, neg: 20 }, { pos: 3000, neg: 1000 });
    const { kind, reason } = verdict(drift, [few, few, few]);
    expect(kind).toBe('inconclusive');
    expect(reason).toMatch(/^outputDrift: 120 and 12,000 answers of 500 in the open window; nothing looked at yet$/);
    expect(verdict(drift, [labels({}, { pos: 9000 }), labels({}, { pos: 9000 })]).kind).toBe('inconclusive');
  });

  test('does not blame the candidate for what chance alone explains', () => {
    const plan = { ...drift, leastN: 20, everyTicks: 1 };
    const near = labels({ pos: 12, neg: 8 }, { pos: 300, neg: 100 });
    expect(verdict(plan, [near]).kind).toBe('inconclusive');
    expect(verdict(plan, [labels({ pos: 1200, neg: 800 }, { pos: 30_000, neg: 10_000 })]).kind).toBe('fail');
  });

  test.each([
    ['lInfinity', 0.25],
    ['jensenShannon', 0.2209],
    ['kolmogorovSmirnov', 0.25],
  ] as const)('measures the %s distance', (distance, expected) => {
    const plan = { ...drift, distance, threshold: 0.99 };
    const numeric = labels({ '0': 200, '0.5': 200 }, { '0': 3000, '0.5': 1000 });
    expect(verdict(plan, [numeric, numeric]).numbers.estimate?.value).toBeCloseTo(expected, 3);
  });

  test('orders scores as numbers, not as text', () => {
    const plan: DriftPlan = { ...drift, distance: 'kolmogorovSmirnov', threshold: 0.99, everyTicks: 1 };
    const scores = labels({ '2': 0, '10': 400, '9': 600 }, { '2': 600, '10': 400, '9': 0 });
    expect(verdict(plan, [scores]).numbers.estimate?.value).toBeCloseTo(0.6, 12);
    const judged = judgeTick({
      plan,
      state: startGuard(plan),
      evidence: { kind: 'labels', key: keyOf(0), candidate: { high: 1 }, incumbent: {} },
    });
    expect(judged.verdict.reason).toMatch(/"high" is no number/);
  });

  test('remembers under 4 KB whatever the models answer, hostile names included', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${'x'.repeat(30)}${i}`, 3]));
    const state = after({ ...drift, everyTicks: 99 }, [
      labels({ ...many, constructor: 1 }, { ...many, ['__proto__']: 2 }),
    ]);
    const json = JSON.stringify(state);
    expect(json.length).toBeLessThan(4096);
    expect(JSON.parse(json)).toEqual(state);
  });
});
