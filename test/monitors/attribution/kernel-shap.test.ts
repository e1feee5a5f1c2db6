import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coalitionsOf } from '../../../monitors/attribution/coalitions';
import { explain } from '../../../monitors/attribution/explain';
import type { ExplainedRow } from '../../../monitors/attribution/explain';
import { ndcgDrift, ndcgOf } from '../../../monitors/attribution/ndcg';
import { prototypesOf } from '../../../monitors/attribution/prototypes';
import { tokensOf, wordAttributions } from '../../../monitors/attribution/tokens';
import { seededUniform } from '../../../guards/random';
import type { ModelCaller } from '../../../monitors/types';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function modelOf(score: (cells: readonly number[]) => number): ModelCaller & { asked: number } {
  const model = {
    asked: 0,
    predict: (rows: readonly (readonly string[])[]) => {
      model.asked += rows.length;
      return Promise.resolve(rows.map((row) => [score(row.map(Number))]));
    },
  };
  return model;
}

const cell = fc.integer({ min: -9, max: 9 }).map(String);
const table = (n: number, features: number) =>
  fc.array(fc.array(cell, { minLength: features, maxLength: features }), { minLength: n, maxLength: n });
const plan = { seed: 1, samples: null, calls: 1e6, useLogit: false };
const even = (rows: readonly (readonly string[])[]) => ({ rows, weights: rows.map(() => 1 / rows.length) });

describe('Kernel SHAP', () => {
  const score = (cells: readonly number[]) =>
    3 * (cells[0] ?? 0) - (cells[1] ?? 0) * (cells[2] ?? 0) + Math.tanh(sum(cells.slice(3)));

  test.each([6, 40])('of %i features sums to what the row differs by from the baseline', async (features) => {
    await fc.assert(
      fc.asyncProperty(table(2, features), table(2, features), async (rows, background) => {
        const model = modelOf(score);
        const { rows: explained, expected } = await explain(model, {
          rows,
          background: even(background),
          plan: { ...plan, calls: 2_000 },
        });
        expect(model.asked).toBeLessThanOrEqual(2_000);
        for (const [r, { values }] of explained.entries())
          expect(sum(values[0] ?? [])).toBeCloseTo(score((rows[r] ?? []).map(Number)) - (expected[0] ?? NaN), 8);
      }),
      { numRuns: 10 }
    );
  });

  test('gives a linear model its own terms, a feature that does nothing zero, and twins the same', async () => {
    const model = modelOf(([a = 0, b = 0, c = 0]) => 2 * a - b + 0 * c + 5);
    const found = await explain(model, { rows: [['3', '4', '7']], background: even([['1', '1', '1']]), plan });
    const [values = []] = found.rows[0]?.values ?? [];
    expect(values.map((value) => Number(value.toFixed(10)) + 0)).toEqual([4, -3, 0]);
    const twins = modelOf(([a = 0, b = 0]) => a * b);
    const [both] = (await explain(twins, { rows: [['2', '2', '9']], background: even([['0', '0', '0']]), plan })).rows;
    expect((both?.values[0] ?? []).map((value) => Number(value.toFixed(10)) + 0)).toEqual([2, 2, 0]);
  });

  test('goes on where it was cut off, and comes to the same', async () => {
    const rows = [
      ['1', '2', '3'],
      ['4', '5', '6'],
      ['7', '8', '9'],
    ];
    const background = even([['0', '1', '0']]);
    const whole = await explain(modelOf(score), { rows, background, plan });
    const kept: ExplainedRow[] = [];
    const stop = new AbortController();
    const cut = explain(modelOf(score), {
      ...{ rows, background, plan, signal: stop.signal },
      onRow: (row) => {
        kept.push(row);
        if (kept.length === 2) stop.abort();
      },
    });
    await expect(cut).rejects.toThrow();
    const model = modelOf(score);
    const rest = await explain(model, { rows, background, plan, done: kept });
    expect(rest.rows).toEqual(whole.rows);
    expect(model.asked).toBeLessThan(whole.calls / 2);
  });

  test('says how many calls it needs where there are too few', async () => {
    const rows = Array.from({ length: 10 }, () => new Array<string>(20).fill('1'));
    const asked = explain(modelOf(score), {
      rows,
      background: even([new Array<string>(20).fill('0')]),
      plan: { ...plan, calls: 300 },
    });
    await expect(asked).rejects.toThrow(/300 calls are too few .* 411 are needed/);
  });

  test('takes the outer sizes whole, and draws pairs of complements of the rest', () => {
    const drawn = coalitionsOf({ features: 12, samples: 100, uniform: seededUniform(3) });
    expect(drawn.length).toBeLessThanOrEqual(100);
    expect(sum(drawn.map(({ weight }) => weight))).toBeCloseTo(1, 10);
    const sizes = drawn.map(({ mask }) => sum([...mask]));
    expect(sizes.filter((size) => size === 1)).toHaveLength(12);
    expect(sizes.filter((size) => size === 11)).toHaveLength(12);
    expect(coalitionsOf({ features: 5, samples: 1_000, uniform: seededUniform(3) })).toHaveLength(2 ** 5 - 2);
  });
});

describe('NDCG', () => {
  test('is 1 in the same order, less otherwise, and that of the guide for the order reversed', () => {
    // https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
    expect(ndcgOf([0.7, 0.2, 0.1], [10, 9, 8])).toBe(1);
    expect(ndcgOf([0.7, 0.2, 0.1], [8, 9, 10])).toBeCloseTo(
      (0.1 + 0.2 / Math.log2(3) + 0.7 / 2) / (0.7 + 0.2 / Math.log2(3) + 0.1 / 2),
      12
    );
    const scores = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(scores, fc.infiniteStream(fc.float({ min: 0, max: 1, noNaN: true })), (baseline, stream) => {
        const live = baseline.map(() => stream.next().value as number);
        expect(ndcgOf(baseline, live)).toBeGreaterThanOrEqual(0);
        expect(ndcgOf(baseline, live)).toBeLessThanOrEqual(1);
        expect(ndcgOf(baseline, baseline)).toBeCloseTo(1, 12);
      })
    );
  });

  test('has an interval that holds it, is the same from the same seed, and needs rows', () => {
    const uniform = seededUniform(9);
    const local = Array.from({ length: 40 }, () => [uniform(), 1.2 * uniform(), 0.1]);
    const drift = { aggregate: 'mean_abs', seed: 1, resamples: 200, level: 0.95 } as const;
    const found = ndcgDrift([1, 0.2, 0], local, drift);
    expect(found.interval?.[0]).toBeLessThanOrEqual(found.value);
    expect(found.interval?.[1]).toBeGreaterThan(found.value);
    expect(ndcgDrift([1, 0.2, 0], local, drift)).toEqual(found);
    expect(ndcgDrift([1, 0.2, 0], local.slice(0, 4), drift).interval).toBeNull();
  });
});

test('centres lie in the middle of what belongs together, numbers and words, and weigh as much', () => {
  const rows = [
    ...Array.from({ length: 30 }, (_, i) => [String(10 + (i % 3)), 'a']),
    ...Array.from({ length: 10 }, (_, i) => [String(90 + (i % 3)), 'b']),
  ];
  const found = prototypesOf(rows, { clusters: 2, seed: 1 });
  const centres = found.rows
    .map((row, i) => ({ row, weight: found.weights[i] }))
    .sort((a, b) => Number(a.row[0]) - Number(b.row[0]));
  expect(centres).toEqual([
    { row: ['11', 'a'], weight: 0.75 },
    { row: [expect.stringMatching(/^90\.9/), 'b'], weight: 0.25 },
  ]);
  expect(prototypesOf(rows, { clusters: 1, seed: 1 }).weights).toEqual([1]);
});

describe('words of a text', () => {
  const text = 'I did  not like this great  phone';
  const tokens = tokensOf(text);

  test('share what the text does, and the ones that matter get it', async () => {
    // “not like” is bad, “great” is good, each only as a whole.
    const score = (shown: string) => (/not +like/.test(shown) ? -2 : 0) + (shown.includes('great') ? 1 : 0);
    const valuesOf = (masks: readonly Uint8Array[]) =>
      Promise.resolve(masks.map((mask) => score(tokens.textWith(mask))));
    const values = await wordAttributions(tokens.words.length, { calls: 500, valuesOf });
    expect(sum([...values])).toBeCloseTo(-1, 12);
    const by = Object.fromEntries(tokens.words.map((word, i) => [word, Number((values[i] ?? NaN).toFixed(6))]));
    expect(by).toEqual({ I: 0, did: 0, not: -1, like: -1, this: 0, great: 1, phone: 0 });
    const few = await wordAttributions(tokens.words.length, { calls: 6, valuesOf });
    expect(sum([...few])).toBeCloseTo(-1, 12);
  });

  test('are the text again when all are shown, and leave a mask where one is asked for', () => {
    expect(tokens.textWith(new Uint8Array(7).fill(1))).toBe(text);
    expect(tokensOf('a b c', '[MASK]').textWith(Uint8Array.from([1, 0, 1]))).toBe('a [MASK] c');
    expect(tokensOf('a b c').textWith(Uint8Array.from([1, 0, 1]))).toBe('a c');
  });
});
