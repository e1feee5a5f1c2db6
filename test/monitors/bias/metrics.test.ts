import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countTuples } from '../../../monitors/bias/counts';
import type { Tuple } from '../../../monitors/bias/counts';
import { flipTest } from '../../../monitors/bias/flip-test';
import { METRICS } from '../../../monitors/bias/metrics';

describe('against smclarify 0.5', () => {
  test('the two bugs are not repeated: a label that one side lacks counts, and the flip test has the guide’s sign', () => {
    const tuples = (label: boolean, isDisadvantaged: boolean, count: number): Tuple => ({
      isDisadvantaged,
      group: null,
      isPositive: label,
      isPredicted: label,
      count,
    });
    const counts = countTuples([tuples(false, false, 50), tuples(true, false, 50), tuples(true, true, 80)]);
    expect(METRICS.KL.of(counts)).toBe(Infinity);
    expect(METRICS.KL.compatible?.(counts)).toBeCloseTo(0.5 * Math.log(0.5), 12);
    expect(METRICS.TVD.of(counts)).toBeCloseTo(0.5, 12);
    const rows = [0, 1, 2, 3].map((i) => ({ features: [i], isDisadvantaged: i % 2 === 0, isPredicted: i % 2 === 1 }));
    expect(flipTest(rows)).toMatchObject({ value: 1, compatible: -1 });
  });
});

const count = fc.nat(30);
const cells = fc.array(
  fc.record({
    isDisadvantaged: fc.boolean(),
    group: fc.constantFrom('g', 'h', null),
    isPositive: fc.boolean(),
    isPredicted: fc.boolean(),
    count,
  }),
  { minLength: 1, maxLength: 30 }
);
const both = cells.map((tuples) => [
  ...tuples,
  ...[true, false].map((isDisadvantaged) => ({
    isDisadvantaged,
    group: 'g',
    isPositive: true,
    isPredicted: true,
    count: 1,
  })),
]);

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  CI: [-1, 1],
  DPL: [-1, 1],
  KL: [0, Infinity],
  JS: [0, Math.LN2],
  LP: [0, Math.SQRT2],
  TVD: [0, 1],
  KS: [0, 1],
  CDDL: [-1, 1],
  DPPL: [-1, 1],
  DI: [0, Infinity],
  DAR: [-1, 1],
  DRR: [-1, 1],
  RD: [-1, 1],
  SD: [-1, 1],
  AD: [-1, 1],
  CDDPL: [-1, 1],
  GE: [0, Infinity],
};

test('every metric stays in the range that the guide states, and is never NaN', () => {
  fc.assert(
    fc.property(both, (tuples) => {
      const counts = countTuples(tuples);
      for (const [name, { of }] of Object.entries(METRICS)) {
        const value = of(counts);
        expect(value).not.toBeNaN();
        const [low, high] = RANGES[name] ?? [-Infinity, Infinity];
        expect({ name, low: (value ?? 0) >= low - 1e-12, high: (value ?? 0) <= high + 1e-12 }).toEqual({
          name,
          low: true,
          high: true,
        });
      }
    })
  );
});

test('the sides of a facet exchanged turn a difference round, and leave a distance and the entropy as they are', () => {
  const turned = ['CI', 'DPL', 'DPPL', 'DAR', 'DRR', 'RD', 'SD', 'AD', 'DCA', 'DCR', 'TE'] as const;
  const same = ['JS', 'LP', 'TVD', 'KS', 'GE'] as const;
  fc.assert(
    fc.property(both, (tuples) => {
      const counts = countTuples(tuples);
      const swapped = countTuples(tuples.map((one) => ({ ...one, isDisadvantaged: !one.isDisadvantaged })));
      for (const name of turned)
        expect((METRICS[name].of(swapped) ?? NaN) + 0).toBeCloseTo(-(METRICS[name].of(counts) ?? NaN), 12);
      for (const name of same) expect(METRICS[name].of(swapped)).toBeCloseTo(METRICS[name].of(counts) ?? NaN, 12);
    })
  );
});

test('a model that treats both sides alike is neutral on every metric of its predictions', () => {
  const half = [true, false].flatMap((isPositive) =>
    [true, false].map((isPredicted) => ({ group: 'g', isPositive, isPredicted, count: isPositive ? 30 : 20 }))
  );
  const counts = countTuples([true, false].flatMap((d) => half.map((one) => ({ ...one, isDisadvantaged: d }))));
  for (const [name, { of, neutral }] of Object.entries(METRICS))
    if (name !== 'GE') expect({ name, value: of(counts) }).toEqual({ name, value: expect.closeTo(neutral, 12) });
});
