import { explain } from '../../../monitors/attribution/explain';
import { ndcgOf } from '../../../monitors/attribution/ndcg';
import type { Json, ModelCaller } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { Answers, PeerCase, PeerSuite } from '../types';

interface ShapCase {
  readonly rows: readonly (readonly number[])[];
  readonly background: readonly (readonly number[])[];
  readonly weights: readonly number[];
  /** Products of two features, with a weight. */
  readonly pairs: readonly (readonly [number, number, number])[];
  readonly sigmoid: boolean;
  /** Enough for every coalition: with fewer both sides draw, each by its own chance. */
  readonly samples: number;
}
interface NdcgCase {
  readonly baseline: readonly number[];
  readonly ndcg: readonly number[];
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(53);
  const numbers = (n: number) => make.normals(n).map((value) => Number(value.toFixed(4)));
  const rows = (n: number, features: number) => Array.from({ length: n }, () => numbers(features));
  const shap = (features: number, changes: Partial<ShapCase> = {}): ShapCase => ({
    ...{ rows: rows(4, features), background: rows(3, features), weights: numbers(features) },
    ...{ pairs: [], sigmoid: false, samples: 2 ** features },
    ...changes,
  });
  const scores = (n: number) => Array.from({ length: n }, () => Number(make.uniform().toFixed(3)));
  const all: Readonly<Record<string, ShapCase | NdcgCase>> = {
    'two features': shap(2),
    'linear, five features': shap(5),
    'products of features': shap(6, {
      pairs: [
        [0, 1, 2],
        [2, 5, -1.5],
      ],
    }),
    'sigmoid of products, eight features': shap(8, { pairs: [[0, 7, 1]], sigmoid: true }),
    'nine features, one baseline row': shap(9, { background: rows(1, 9), pairs: [[3, 4, 1]], sigmoid: true }),
    'ndcg of the guide': { baseline: [0.25, 0.2, 0.1, 0.05], ndcg: [0.05, 0.1, 0.2, 0.25] },
    'ndcg of ties': { baseline: [5, 3, 2, 1, 0], ndcg: [1, 1, 1, 0, 2] },
    'ndcg of many': { baseline: scores(40), ndcg: scores(40) },
  };
  return Object.entries(all).map(([name, input]) => ({ name, input: input as unknown as Json }));
}

function modelOf({ weights, pairs, sigmoid }: ShapCase): ModelCaller {
  return {
    predict: (rows) =>
      Promise.resolve(
        rows.map((row) => {
          const cells = row.map(Number);
          const linear = cells.reduce((sum, cell, f) => sum + cell * (weights[f] ?? 0), 0);
          const score = pairs.reduce((sum, [i, j, w]) => sum + w * (cells[i] ?? 0) * (cells[j] ?? 0), linear);
          return [sigmoid ? 1 / (1 + Math.exp(-score)) : score];
        })
      ),
  };
}

async function ours(input: Json): Promise<Answers> {
  const asked = input as unknown as ShapCase | NdcgCase;
  if ('ndcg' in asked) return { ndcg: ndcgOf(asked.baseline, asked.ndcg) };
  const text = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map(String));
  const background = text(asked.background);
  const { expected, rows } = await explain(modelOf(asked), {
    rows: text(asked.rows),
    background: { rows: background, weights: background.map(() => 1 / background.length) },
    plan: { seed: 1, samples: asked.samples, calls: 1e6, useLogit: false },
  });
  return { expected: expected[0] ?? null, values: rows.map(({ values }) => [...(values[0] ?? [])]) };
}

/** Kernel SHAP over every coalition, which leaves nothing to chance, against shap; NDCG with its ties against scikit-learn. */
export const attributionSuite: PeerSuite = {
  name: 'attribution',
  peer: { name: 'shap', packages: ['shap==0.51.0', 'scikit-learn==1.9.1', 'numpy==2.4.6'] },
  script: 'attribution.py',
  cases,
  ours,
  tolerance: { default: 1e-9, ndcg: 1e-12 },
};
