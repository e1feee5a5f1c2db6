import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currentVerdict, decide, judgeTick, planEveryGuard, startGuard } from '../../guards';
import type { Evidence, GuardPlan, GuardState, VerdictKind } from '../../guards';
import type { InputFeature } from '../../guards/thresholds/types';
import { readGuardsFile } from '../../spec/read-guards';
import { keyOf } from './support';

const budget = { falseRollback: 0.02, falsePromotion: 0.05, falseWinner: 0.04 };

const REFERENCE: readonly InputFeature[] = [
  { kind: 'number', place: '$.age', cuts: [20, 40], counts: [0, 100, 100, 100] },
  { kind: 'word', place: '$.region', words: ['north', 'south'], counts: [150, 100, 50] },
];

function plansOf(
  yaml: string,
  incumbent: Readonly<Record<string, { n: number; bad: number }>> = {}
): readonly GuardPlan[] {
  const read = readGuardsFile(yaml);
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  const inputs = { inputDrift: REFERENCE };
  return planEveryGuard({ guards: read.file.guards, budget, horizonTicks: 60, incumbent, dispersion: {}, inputs });
}

const PLANS = plansOf(
  `guards:
  - { kind: errors }
  - { kind: quality, promoteWithin: { oddsRatio: 1.3 } }
  - { kind: business, promoteWithin: { oddsRatio: 1.2 } }
  - { kind: goal }
  - { kind: shadow }
  - { kind: latency, incumbent: { p50: 80, p99: 400 } }
  - { kind: mean, higherIs: better, points: [0, 1, 2], promoteWithin: { difference: 0.3 } }
  - { kind: mean, higherIs: better, promoteWithin: { difference: 0.3 }, leastN: 50 }
  - { kind: shadowScore, higherIs: better, points: [-1, 0, 1], promoteWithin: { difference: 0.2 } }
  - { kind: split }
  - { kind: captureLoss }
  - { kind: labelLoss }
  - { kind: outputDrift, threshold: 0.2, leastN: 50, every: 2, allowedFailures: 1 }
  - { kind: bias, facet: category, threshold: 0.2, leastN: 20, every: 2 }
  - { kind: bias, facet: category, metric: DI, threshold: 0.8, values: [a], positive: good, leastN: 20, every: 1 }
  - { kind: inputDrift, threshold: 0.2, leastN: 50, every: 2 }
  - { kind: attribution, ndcg: 0.9, leastN: 20 }
  - { kind: threshold, metric: CPU, above: 80, allowedFailures: 1 }
  - { kind: alarm, name: p99 }
  - { kind: webhook, url: "https://check.example.org" }
`
);

const upTo = (most: number) => fc.nat(most);
const bad = (n: number) => fc.nat(n).map((k) => ({ n, bad: k }));
const rateTick = fc.record({ candidate: upTo(60).chain(bad), incumbent: upTo(300).chain(bad) });

/** One tick of evidence of the guard's own kind; keys are set afterwards. */
function evidenceFor(plan: GuardPlan): fc.Arbitrary<Evidence> {
  const key = '';
  switch (plan.kind) {
    case 'errors':
    case 'quality':
    case 'business':
    case 'goal':
      return rateTick.map((arms) => ({ key, ...arms }));
    case 'shadow':
      return fc.tuple(upTo(30), upTo(30), upTo(100)).map(([x, y, rest]) => ({
        key,
        candidate: { n: x + y + rest, bad: x },
        incumbent: { n: x + y + rest, bad: y },
      }));
    case 'latency': {
      const arm = (most: number) =>
        fc.array(upTo(most), { minLength: 5, maxLength: 5 }).map((counts) => {
          const [n = 0, ...above] = [...counts].sort((a, b) => b - a);
          return { n, above };
        });
      return fc.record({ candidate: arm(60), incumbent: arm(300) }).map((arms) => ({ kind: 'latency', key, ...arms }));
    }
    case 'mean': {
      if (plan.method === 'score') {
        const arm = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 30 }).map((values) => ({
          n: values.length,
          sum: values.reduce((a, b) => a + b, 0),
          squares: values.reduce((a, b) => a + b * b, 0),
        }));
        return fc.record({ candidate: arm, incumbent: arm }).map((arms) => ({ kind: 'moments', key, ...arms }));
      }
      const arm = fc.array(upTo(20), { minLength: 3, maxLength: 3 });
      return fc
        .record({ candidate: arm, incumbent: arm, sharePct: fc.constantFrom(0, 10, 50, 100) })
        .map((arms) => ({ kind: 'histogram', key, ...arms }));
    }
    case 'shadowScore':
      return fc.array(upTo(20), { minLength: 3, maxLength: 3 }).map((counts) => ({ kind: 'differences', key, counts }));
    case 'split':
      return fc
        .record({ candidate: upTo(100), incumbent: upTo(400), sharePct: fc.constantFrom(0, 5, 20, 100) })
        .map((arms) => ({ kind: 'split', key, ...arms }));
    case 'captureLoss':
    case 'labelLoss': {
      const arm = fc.record({ due: upTo(60), got: upTo(70) });
      return fc
        .record({ candidate: arm, incumbent: arm, sampling: fc.constantFrom(1, 0.5) })
        .map((arms) => ({ kind: 'coverage', key, ...arms }));
    }
    case 'outputDrift': {
      const arm = fc.dictionary(fc.constantFrom('a', 'b', 'c'), upTo(60));
      return fc.record({ candidate: arm, incumbent: arm }).map((arms) => ({ kind: 'labels', key, ...arms }));
    }
    case 'bias': {
      const outcomes = fc.dictionary(fc.constantFrom('good', 'bad'), upTo(60));
      const arm = fc.dictionary(fc.constantFrom('a', 'b', 'c'), outcomes);
      return fc.record({ candidate: arm, incumbent: arm }).map((arms) => ({ kind: 'facets', key, ...arms }));
    }
    case 'inputDrift': {
      const bins = (n: number) => fc.array(upTo(40), { minLength: n, maxLength: n });
      return fc.tuple(bins(4), bins(3)).map((counts) => ({ kind: 'inputs', key, counts }));
    }
    case 'attribution':
      return fc
        .record({
          n: fc.constantFrom(0, 20, 50),
          ndcg: fc.constantFrom(0.5, 0.89, 0.95, 1),
          high: fc.constantFrom(0, 0.1),
        })
        .map(({ n, ndcg, high }) => ({
          ...{ kind: 'attribution', key, n, ndcg, interval: [ndcg / 2, Math.min(1, ndcg + high)] },
          ...{ leading: { live: ['$.age'], baseline: ['$.age'] }, against: 'its baseline' },
        }));
    case 'threshold':
      return fc.constantFrom(10, 80, 90, null).map((value) => ({ kind: 'value', key, value }));
    case 'alarm':
      return fc
        .record({
          state: fc.constantFrom('OK', 'ALARM', 'INSUFFICIENT_DATA'),
          dataPoints: fc.constantFrom(0, 5, null),
        })
        .map((seen) => ({ kind: 'alarm', key, ...seen }));
    case 'webhook':
      return fc
        .constantFrom('pass', 'fail', 'inconclusive', 'timeout')
        .map((answer) => ({ kind: 'webhook', key, answer, said: null }));
  }
}

function play(plan: GuardPlan, trace: readonly Evidence[]): GuardState {
  return trace.reduce<GuardState>(
    (state, evidence, t) => judgeTick({ plan, state, evidence: { ...evidence, key: keyOf(t) } }).state,
    startGuard(plan)
  );
}

describe('the plan of every kind', () => {
  test('divides the false-rollback budget among those that roll back on an e-value, by weight', () => {
    const plans = plansOf(
      'guards: [{ kind: errors }, { kind: goal, weight: 3 }, { kind: split }, { kind: alarm, name: x }]'
    );
    const parts = plans.map((plan) => ('rollbackAlpha' in plan ? plan.rollbackAlpha : null));
    expect(parts).toEqual([0.005, 0.015, null, null]);
    expect(PLANS.reduce((sum, plan) => sum + ('rollbackAlpha' in plan ? plan.rollbackAlpha : 0), 0)).toBeCloseTo(
      0.02,
      12
    );
  });

  test('gives a goal the budget for false winners and a margin of 1', () => {
    expect(PLANS[3]).toMatchObject({ kind: 'goal', promoteAlpha: 0.04, promoteOddsRatio: 1 });
  });

  test('takes absolute margins and rates of two guards of one kind by their own names', () => {
    const plans = plansOf('guards: [{ kind: business }, { kind: business }]', {
      business: { n: 1000, bad: 500 },
      'business-2': { n: 1000, bad: 900 },
    });
    const [one, two] = plans.map((plan) => ('promoteOddsRatio' in plan ? plan.promoteOddsRatio : NaN));
    expect(two).toBeGreaterThan(one ?? NaN);
    expect(() => plansOf('guards: [{ kind: business }, { kind: business }]', { business: { n: 10, bad: 1 } })).toThrow(
      /business-2/
    );
  });

  test('labels each guard with its class', () => {
    const classes = Object.fromEntries(PLANS.map((plan) => [plan.name, plan.class]));
    expect(classes).toMatchObject({
      errors: 'guaranteed',
      shadow: 'guaranteed',
      latency: 'approximate',
      mean: 'guaranteed',
      'mean-2': 'approximate',
      split: 'guaranteed',
      captureLoss: 'approximate',
      outputDrift: 'threshold',
    });
  });
});

describe.each(PLANS.map((plan) => [plan.name, plan] as const))('%s', (_name, plan) => {
  const traces = fc.array(evidenceFor(plan), { minLength: 1, maxLength: 8 });

  test('has no verdict but inconclusive before any evidence', () => {
    expect(currentVerdict(plan, startGuard(plan)).kind).toBe('inconclusive');
    expect(decide([{ ...plan, required: true }], [startGuard(plan)]).kind).toBe('undecided');
  });

  test('goes on from a state that went through JSON as if it had not, in under 4 KB', () => {
    fc.assert(
      fc.property(traces, evidenceFor(plan), (trace, next) => {
        const state = play(plan, trace);
        const json = JSON.stringify(state);
        const back = JSON.parse(json) as GuardState;
        expect(back).toEqual(state);
        expect(json.length).toBeLessThan(4096);
        const on = (from: GuardState) =>
          judgeTick({ plan, state: from, evidence: { ...next, key: keyOf(trace.length) } });
        expect(on(back)).toEqual(on(state));
      }),
      { numRuns: 15 }
    );
  });

  test('counts a tick once, however often it is delivered', () => {
    fc.assert(
      fc.property(traces, evidenceFor(plan), (trace, again) => {
        const state = play(plan, trace);
        const judged = judgeTick({ plan, state, evidence: { ...again, key: keyOf(trace.length - 1) } });
        expect(judged.state).toBe(state);
        expect(judged.verdict).toEqual(currentVerdict(plan, state));
      }),
      { numRuns: 10 }
    );
  });

  test('explains itself: its name, and numbers that JSON can hold', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const verdict = currentVerdict(plan, play(plan, trace));
        expect(verdict.reason.startsWith(`${plan.name}: `)).toBe(true);
        expect(verdict.reason).not.toMatch(/NaN|undefined|Infinity|\[object/);
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
      }),
      { numRuns: 15 }
    );
  });
});

test('a difference of nothing is zero, not minus zero, which JSON does not hold', () => {
  const plan = PLANS.find(({ kind }) => kind === 'shadowScore');
  if (plan === undefined) throw new Error('no plan');
  const verdict = currentVerdict(plan, play(plan, [{ kind: 'differences', key: '', counts: [1, 0, 1] }]));
  expect(verdict.numbers).toMatchObject({ estimate: { value: 0 } });
});

const badness: Readonly<Record<VerdictKind, number>> = { pass: 0, inconclusive: 1, error: 1, fail: 2 };

describe('worse evidence never makes a verdict better', () => {
  const worse: readonly (readonly [string, (evidence: Evidence) => Evidence])[] = [
    [
      'shadow',
      (e) =>
        e.kind === undefined && e.incumbent.bad > 0
          ? {
              ...e,
              candidate: { ...e.candidate, bad: e.candidate.bad + 1 },
              incumbent: { ...e.incumbent, bad: e.incumbent.bad - 1 },
            }
          : e,
    ],
    [
      'mean',
      (e) =>
        e.kind === 'histogram' && (e.candidate[2] ?? 0) > 0
          ? { ...e, candidate: [(e.candidate[0] ?? 0) + 1, e.candidate[1] ?? 0, (e.candidate[2] ?? 0) - 1] }
          : e,
    ],
    [
      'shadowScore',
      (e) =>
        e.kind === 'differences' && (e.counts[2] ?? 0) > 0
          ? { ...e, counts: [(e.counts[0] ?? 0) + 1, e.counts[1] ?? 0, (e.counts[2] ?? 0) - 1] }
          : e,
    ],
    ['threshold', (e) => (e.kind === 'value' && e.value !== null ? { ...e, value: 99 } : e)],
    [
      'alarm',
      (e): Evidence =>
        e.kind === 'alarm' && e.state === 'OK' && e.dataPoints !== 0 ? { ...e, state: 'ALARM' as const } : e,
    ],
    ['webhook', (e): Evidence => (e.kind === 'webhook' && e.answer === 'pass' ? { ...e, answer: 'fail' as const } : e)],
  ];

  test.each(worse)('%s', (name, change) => {
    const plan = PLANS.find((one) => one.name === name);
    if (plan === undefined) throw new Error(`no plan ${name}`);
    const trace = fc.array(evidenceFor(plan), { minLength: 1, maxLength: 10 });
    let changed = 0;
    fc.assert(
      fc.property(trace, fc.nat(9), (ticks, at) => {
        const after = ticks.map((evidence, i) => (i === at % ticks.length ? change(evidence) : evidence));
        const [before, then] = [ticks, after].map((own) => badness[currentVerdict(plan, play(plan, own)).kind]);
        changed += Number(before !== then);
        expect(then).toBeGreaterThanOrEqual(before ?? NaN);
      }),
      { numRuns: 150, seed: 7 }
    );
    expect(changed).toBeGreaterThan(0);
  });
});

test('the order of guards of all kinds is irrelevant to the decision, and rollback wins over holding over promotion', () => {
  const every = fc.tuple(...PLANS.map((plan) => fc.array(evidenceFor(plan), { maxLength: 6 })));
  const seen = new Set<string>();
  fc.assert(
    fc.property(every, fc.shuffledSubarray([...PLANS.keys()], { minLength: 1 }), (traces, order) => {
      const states = PLANS.map((plan, i) => play(plan, traces[i] ?? []));
      const pick = (indices: readonly number[]) => {
        const pairs = indices.flatMap((i) => {
          const [plan, state] = [PLANS[i], states[i]];
          return plan === undefined || state === undefined ? [] : [{ plan, state }];
        });
        return { plans: pairs.map(({ plan }) => plan), states: pairs.map(({ state }) => state) };
      };
      const shuffled = pick(order);
      const sorted = pick([...order].sort((a, b) => a - b));
      const decision = decide(shuffled.plans, shuffled.states);
      expect(decide(sorted.plans, sorted.states)).toEqual(decision);
      const verdicts = sorted.plans.map((plan, i) => {
        const state = sorted.states[i];
        if (state === undefined) throw new Error('no state');
        return currentVerdict(plan, state);
      });
      seen.add(decision.kind);
      if (verdicts.some(({ kind }) => kind === 'fail')) expect(decision.kind).toBe('rollBack');
      else if (decision.kind !== 'rollBack' && verdicts.some(({ holds }) => holds)) {
        expect(decision.holding?.length).toBeGreaterThan(0);
        expect(decision.kind).toBe('undecided');
      }
    }),
    { numRuns: 120, seed: 3 }
  );
  expect([...seen].sort()).toEqual(['promote', 'rollBack', 'undecided']);
});

test('guards outside the guarantee never add to the combined e-value', () => {
  const [errors] = plansOf('guards: [{ kind: errors }]');
  const [, latency] = plansOf('guards: [{ kind: errors }, { kind: latency, incumbent: { p50: 80 } }]');
  if (errors === undefined || latency === undefined) throw new Error('no plan');
  const raised = <S extends GuardState>(state: S, logE: number): GuardState =>
    'harm' in state ? ({ ...state, harm: { ...state.harm, logE } } as GuardState) : state;
  const states = [raised(startGuard(errors), Math.log(49)), raised(startGuard(latency), Math.log(99))];
  expect(decide([errors, latency], states).kind).toBe('undecided');
  const exact = { ...latency, class: 'guaranteed' } as GuardPlan;
  expect(decide([errors, exact], states)).toMatchObject({ kind: 'rollBack', guilty: null });
});
