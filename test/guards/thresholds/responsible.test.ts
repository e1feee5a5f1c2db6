import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currentVerdict, judgeTick, startGuard } from '../../../guards';
import type { Evidence, GuardPlan } from '../../../guards';
import { differenceInterval, ratioInterval, wilson } from '../../../guards/thresholds/two-proportions';
import type { AttributionPlan, BiasPlan, FacetCells, InputDriftPlan } from '../../../guards/thresholds/types';
import { keyOf } from '../support';

const rule = {
  class: 'threshold',
  required: true,
  allowedFailures: 0,
  windowTicks: null,
  leastTicks: 1,
  then: 'rollBack',
} as const;
const bias: BiasPlan = {
  ...{ ...rule, name: 'bias', kind: 'bias', facet: 'sex', metric: 'DPPL', threshold: 0.1 },
  ...{ values: ['f'], positive: 'yes', leastN: 100, everyTicks: 1 },
};
const attribution: AttributionPlan = {
  ...rule,
  name: 'attribution',
  kind: 'attribution',
  ndcg: 0.9,
  leastN: 50,
  everyTicks: 1,
};
const inputs: InputDriftPlan = {
  ...{ ...rule, name: 'inputDrift', kind: 'inputDrift', threshold: 0.1, leastN: 500, everyTicks: 1, then: 'alert' },
  reference: [{ kind: 'number', place: '$.age', cuts: [20, 40], counts: [0, 1000, 1000, 1000] }],
};

function judged(plan: GuardPlan, seen: readonly Evidence[]) {
  const state = seen.reduce(
    (sofar, evidence, t) => judgeTick({ plan, state: sofar, evidence: { ...evidence, key: keyOf(t) } }).state,
    startGuard(plan)
  );
  return currentVerdict(plan, state);
}

/** Accepted and rejected of both sexes; the incumbent is fair. */
const facets = (f: readonly [number, number], m: readonly [number, number]): Evidence => {
  const of = ([yes, no]: readonly [number, number]) => ({ yes, no });
  const fair: FacetCells = { f: { yes: 100, no: 100 }, m: { yes: 100, no: 100 } };
  return { kind: 'facets', key: '', candidate: { f: of(f), m: of(m) }, incumbent: fair };
};

describe('bias', () => {
  test.each([
    ['alike', [500, 500], [510, 490], 'pass'],
    ['beyond the limit, and no chance', [300, 700], [500, 500], 'fail'],
    ['beyond the limit, but perhaps by chance', [40, 60], [53, 47], 'inconclusive'],
    ['too few on one side', [9, 90], [900, 100], 'inconclusive'],
  ] as const)('%s', (_what, f, m, kind) => {
    expect(judged(bias, [facets(f, m)]).kind).toBe(kind);
  });

  test('says what it found, of whom, how sure it is, and what the incumbent does', () => {
    expect(judged(bias, [facets([300, 700], [500, 500])]).reason).toBe(
      'bias: DPPL 0.2 for sex f and "yes" (0.144 to 0.254, good from -0.1 to 0.1; the incumbent has 0); 1 of 1 looks beyond it, 0 allowed'
    );
  });

  test('by the four-fifths rule is judged by the ratio, either way', () => {
    const ratio: BiasPlan = { ...bias, metric: 'DI', threshold: 0.8 };
    expect(judged(ratio, [facets([450, 550], [500, 500])]).kind).toBe('pass');
    expect(judged(ratio, [facets([300, 700], [500, 500])]).kind).toBe('fail');
    expect(judged(ratio, [facets([500, 500], [300, 700])]).kind).toBe('fail');
    expect(judged(ratio, [facets([0, 1000], [500, 500])])).toMatchObject({ kind: 'fail' });
  });

  test('compares each value with all others where none is named, and needs more to be sure of the worst of many', () => {
    const each: BiasPlan = { ...bias, values: null, positive: null };
    const values = Object.fromEntries([...'abcdefgh'].map((value) => [value, { yes: 500, no: 500 }]));
    const candidate = { ...values, h: { yes: 300, no: 700 } };
    const verdict = judged(each, [{ kind: 'facets', key: '', candidate, incumbent: values }]);
    expect(verdict).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(/^bias: DPPL 0\.2 for sex h and "yes"/),
    });
  });
});

describe('attribution', () => {
  const seen = (ndcg: number, high: number, n = 50): Evidence => ({
    ...{ kind: 'attribution', key: '', n, ndcg, interval: [ndcg - 0.05, high], against: 's3://b/analysis.json' },
    leading: { live: ['income'], baseline: ['age'] },
  });

  test.each([
    ['in the same order', seen(0.97, 1), 'pass'],
    ['shown to be in another', seen(0.6, 0.85), 'fail'],
    ['below the limit, but perhaps by chance', seen(0.88, 0.93), 'inconclusive'],
    ['of too few requests', seen(0.6, 0.85, 20), 'inconclusive'],
  ] as const)('%s', (_what, evidence, kind) => {
    expect(judged(attribution, [evidence]).kind).toBe(kind);
  });
});

describe('input drift', () => {
  test('is an alert and no failure, and names the feature', () => {
    const verdict = judged(inputs, [{ kind: 'inputs', key: '', counts: [[0, 0, 300, 700]] }]);
    expect(verdict.kind).toBe('inconclusive');
    expect(verdict.reason).toMatch(/\$\.age is 0\.367 from before the rollout .*an alert only$/);
    expect(judged(inputs, [{ kind: 'inputs', key: '', counts: [[0, 340, 330, 330]] }]).kind).toBe('pass');
  });

  test('without requests of before never judges', () => {
    const verdict = judged({ ...inputs, reference: null }, [{ kind: 'inputs', key: '', counts: [] }]);
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringMatching(/too few requests were captured/),
    });
  });
});

describe('intervals of two proportions', () => {
  test('are those of the papers', () => {
    // Newcombe 1998, table II: 56/70 − 48/80, method 10; and Wilson's of 81/263.
    const [low, high] = differenceInterval({ k: 56, n: 70 }, { k: 48, n: 80 }, 1.959964);
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0524', '0.3339']);
    expect(wilson({ k: 81, n: 263 }, 1.959964).map((end) => end.toFixed(4))).toEqual(['0.2553', '0.3662']);
  });

  test('hold the estimate, and grow as the sample shrinks', () => {
    const proportion = fc.integer({ min: 1, max: 400 }).chain((n) => fc.nat(n).map((k) => ({ k, n })));
    fc.assert(
      fc.property(proportion, proportion, (a, b) => {
        const [low, high] = differenceInterval(a, b, 2.5);
        const value = a.k / a.n - b.k / b.n;
        expect(low).toBeLessThanOrEqual(value + 1e-12);
        expect(high).toBeGreaterThanOrEqual(value - 1e-12);
        if (b.k === 0) return;
        const [less, more] = ratioInterval(a, b, 2.5);
        const ratio = a.k / a.n / (b.k / b.n);
        expect(less).toBeLessThanOrEqual(ratio + 1e-9);
        expect(more).toBeGreaterThanOrEqual(ratio - 1e-9);
      })
    );
  });
});
