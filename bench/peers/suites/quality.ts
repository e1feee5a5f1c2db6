import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { qualityAnalyzer } from '../../../monitors/model-quality/analyzer';
import { calibrate, fitIsotonic } from '../../../monitors/model-quality/calibration';
import type { Json } from '../../../monitors/types';
import { withDataset } from '../dataset';
import { sampleMaker } from '../random-data';
import type { Answers, PeerCase, PeerSuite } from '../types';
import { SCIENTIFIC } from './scientific';

interface Classified {
  readonly kind: 'BinaryClassification' | 'MulticlassClassification' | 'Regression';
  readonly labels: readonly number[];
  readonly predictions: readonly number[];
  readonly scores: readonly number[];
}

interface Curve {
  readonly kind: 'isotonic';
  readonly scores: readonly number[];
  readonly hits: readonly number[];
  readonly at: readonly number[];
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(23);
  const binary = (n: number, places: number | null): Classified => {
    const scores = make.normals(n).map((x) => {
      const score = 1 / (1 + Math.exp(-x));
      return places === null ? score : Number(score.toFixed(places));
    });
    const labels = scores.map((score) => Number(make.uniform() < score ** 2));
    return { kind: 'BinaryClassification', labels, scores, predictions: scores.map((score) => Number(score > 0.5)) };
  };
  const classes = (n: number, right: number): Classified => {
    const labels = make.categories(n, { 0: 5, 1: 3, 2: 1.5, 7: 0.5 }).map(Number);
    const predictions = labels.map((label) =>
      make.uniform() < right ? label : Number(make.categories(1, { 0: 1, 1: 1, 2: 1, 9: 0.2 })[0])
    );
    return { kind: 'MulticlassClassification', labels, predictions, scores: [] };
  };
  const regression = (n: number, scale: number): Classified => {
    const labels = make.skewed(n, scale);
    const predictions = labels.map((label) => label * (0.8 + 0.4 * make.uniform()) + (make.normals(1)[0] ?? 0));
    return { kind: 'Regression', labels, predictions, scores: [] };
  };
  const curve: Curve = (() => {
    const scores = make.normals(400).map((x) => Number((1 / (1 + Math.exp(-x))).toFixed(2)));
    const hits = scores.map((score) => Number(make.uniform() < Math.sqrt(score)));
    return { kind: 'isotonic', scores, hits, at: [-1, 0, 0.005, 0.1, 0.25, 0.333, 0.5, 0.777, 0.9, 1, 2] };
  })();
  const all: Readonly<Record<string, Classified | Curve>> = {
    'binary, 250 rows': binary(250, null),
    'binary, scores of two places': binary(900, 2),
    'binary, 30 rows': binary(30, 1),
    'four classes and one that only the model knows': classes(700, 0.7),
    'classes by chance': classes(120, 0),
    'regression with a long tail': regression(600, 10),
    'regression far from zero': {
      ...regression(200, 1),
      labels: make.normals(200, 1e6, 3),
      predictions: make.normals(200, 1e6, 3),
    },
    isotonic: curve,
  };
  return Object.entries(all).map(([name, input]) => ({ name, input: input as unknown as Json }));
}

const KEYS = {
  BinaryClassification: 'binary_classification_metrics',
  MulticlassClassification: 'multiclass_classification_metrics',
  Regression: 'regression_metrics',
} as const;

async function ofClassified({ kind, labels, predictions, scores }: Classified): Promise<Answers> {
  const hasScores = scores.length > 0;
  const raw = {
    problem: kind,
    label: 'label',
    prediction: 'prediction',
    ...(hasScores && { probability: 'score' }),
  };
  const parsed = qualityAnalyzer.parseOptions(raw);
  if ('problems' in parsed) throw new RangeError(JSON.stringify(parsed.problems));
  const { options } = parsed;
  const cells = { label: labels, prediction: predictions, ...(hasScores && { score: scores }) };
  const artefacts = await withDataset({ cells }, async ({ work, dataset, dir, state }) => {
    const own = path.join(dir, 'state');
    await mkdir(own);
    await qualityAnalyzer.digest(work, dataset, { options, dir: own });
    return qualityAnalyzer.baseline(work, state(own), options);
  });
  const statistics = artefacts['statistics.json'] as Readonly<Record<string, Readonly<Record<string, Json>>>>;
  const found = statistics[KEYS[kind]] ?? {};
  const answers: Record<string, Json> = {};
  for (const [name, one] of Object.entries(found)) {
    if (name === 'confusion_matrix') {
      answers[name] = Object.values(one as Readonly<Record<string, Readonly<Record<string, number>>>>).map((row) =>
        Object.values(row)
      );
    } else if (name.endsWith('_curve')) {
      Object.assign(answers, one);
    } else if (!name.endsWith('_best_constant_classifier')) {
      answers[name] = (one as { readonly value: number }).value;
    }
  }
  return answers;
}

function ofCurve({ scores, hits, at }: Curve): Answers {
  const groups = [...new Set(scores)]
    .sort((a, b) => a - b)
    .map((score) => {
      const own = hits.filter((_, i) => scores[i] === score);
      return { score, n: own.length, hits: own.reduce((sum, hit) => sum + hit, 0) };
    });
  const fitted = fitIsotonic(groups);
  return { isotonic: at.map((score) => calibrate(fitted, score)) };
}

/** Metrics and curves in SageMaker's names, from rows through a tally to `statistics.json`, against scikit-learn. */
export const qualitySuite: PeerSuite = {
  name: 'quality',
  peer: SCIENTIFIC,
  script: 'quality.py',
  cases,
  ours: (input) => {
    const one = input as unknown as Classified | Curve;
    return one.kind === 'isotonic' ? ofCurve(one) : ofClassified(one);
  },
  // Two sums of squares around means of a million differ in their last digits.
  tolerance: { default: 1e-12, r2: 1e-11 },
};
