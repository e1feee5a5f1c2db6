import { calibrate, fitIsotonic, usefulCalibration } from '../../../monitors/model-quality/calibration';
import type { Outcomes } from '../../../monitors/model-quality/calibration';
import { estimateBinary } from '../../../monitors/model-quality/estimate';
import type { Json } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { PeerCase, PeerSuite } from '../types';

interface Estimated {
  readonly reference: { readonly scores: readonly number[]; readonly labels: readonly number[] };
  readonly live: readonly number[];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function cases(): readonly PeerCase[] {
  const make = sampleMaker(41);
  const scoresOf = (n: number, mean: number, deviation = 1.5) =>
    make.normals(n, mean, deviation).map((x) => Number(sigmoid(x).toFixed(4)));
  const of = (n: number, truth: (score: number) => number, mean: number): Estimated => {
    const scores = scoresOf(n, 0);
    return {
      reference: { scores, labels: scores.map((score) => Number(make.uniform() < truth(score))) },
      live: scoresOf(2000, mean),
    };
  };
  const all: Readonly<Record<string, Estimated>> = {
    'overconfident scores, same inputs': of(5000, (s) => 0.3 + 0.4 * s, 0),
    'overconfident scores, inputs moved up': of(5000, (s) => 0.3 + 0.4 * s, 0.8),
    'squared scores, inputs moved down': of(5000, (s) => s * s, -0.7),
    'scores that are too low': of(3000, (s) => Math.sqrt(s), 0.4),
  };
  return Object.entries(all).map(([name, input]) => ({ name, input: input as unknown as Json }));
}

function outcomesOf({ scores, labels }: Estimated['reference']): readonly Outcomes[] {
  const groups = new Map<number, { n: number; hits: number }>();
  scores.forEach((score, i) => {
    const group = groups.get(score) ?? { n: 0, hits: 0 };
    groups.set(score, { n: group.n + 1, hits: group.hits + (labels[i] ?? 0) });
  });
  return [...groups].map(([score, group]) => ({ score, ...group })).sort((a, b) => a.score - b.score);
}

/** Performance without labels, against NannyML's confidence-based estimate. */
export const estimatesSuite: PeerSuite = {
  name: 'estimates',
  peer: { name: 'nannyml', packages: ['nannyml==0.13.1', 'statsmodels==0.15.0'] },
  script: 'estimates.py',
  cases,
  ours: (input) => {
    const { reference, live } = input as unknown as Estimated;
    const outcomes = outcomesOf(reference);
    const { calibration } = usefulCalibration(outcomes, 1);
    const counts = new Map<number, number>();
    for (const score of live) counts.set(score, (counts.get(score) ?? 0) + 1);
    const groups = [...counts]
      .map(([score, n]) => ({ score, n, predictedPositive: score > 0.5 }))
      .sort((a, b) => a.score - b.score);
    const metrics = estimateBinary(groups, calibration);
    const value = (name: string): number => metrics[name]?.value ?? NaN;
    const fitted = fitIsotonic(outcomes);
    return {
      needsCalibration: calibration !== null,
      calibrated: [0.05, 0.2, 0.5, 0.8, 0.95].map((score) => calibrate(fitted, score)),
      accuracy: value('accuracy'),
      f1: value('f1'),
      precision: value('precision'),
      recall: value('recall'),
      specificity: value('true_negative_rate'),
      auc: value('auc'),
    };
  },
  // NannyML rounds expected counts to five decimals, and takes tied scores in the order in which they happen to be sorted.
  tolerance: { default: 1e-9, auc: 1e-6 },
};
