import { describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import { sampleMaker } from '../../../bench/peers/random-data';
import { qualityAnalyzer } from '../../../monitors/model-quality/analyzer';
import type { Artefacts, Check, Checked, Json } from '../../../monitors/types';

const make = sampleMaker(99);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface World {
  readonly score: readonly number[];
  readonly truth: readonly (number | null)[];
}

/** Scores that promise too much: the truth is nearer to a half. `labelled` is the share whose label is known. */
function world(
  n: number,
  {
    mean,
    labelled,
    truthOf,
  }: { readonly mean: number; readonly labelled: number; readonly truthOf?: (score: number) => number }
): World {
  const score = make.normals(n, mean, 1.5).map(sigmoid);
  const truth = score.map((one) => Number(make.uniform() < (truthOf ?? ((s: number) => 0.2 + 0.6 * s))(one)));
  return { score, truth: truth.map((one) => (make.uniform() < labelled ? one : null)) };
}

const parsed = qualityAnalyzer.parseOptions({ problem: 'BinaryClassification', label: 'truth', probability: 'score' });
if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
const { options } = parsed;

async function play(
  cells: World,
  baseline: Artefacts | null
): Promise<{ readonly artefacts: Artefacts; readonly checked: Checked | null }> {
  return withDataset({ cells: { ...cells } }, async ({ work, dataset, dir, state }) => {
    const own = path.join(dir, 'own');
    await mkdir(own);
    await qualityAnalyzer.digest(work, dataset, { options, dir: own });
    if (baseline === null)
      return { artefacts: await qualityAnalyzer.baseline(work, state(own), options), checked: null };
    const checked = await qualityAnalyzer.check(work, state(own), {
      options,
      baseline: { artefacts: baseline, stateDir: null },
    });
    return { artefacts: baseline, checked };
  });
}

const find = (checked: Checked | null, check: string, subject: string): Check | undefined =>
  checked?.report.checks.find((one) => one.check === check && one.subject === subject);

const realised = (cells: World): number =>
  cells.truth.filter((label, i) => label === Number((cells.score[i] ?? 0) > 0.5)).length / cells.truth.length;

describe('performance without labels', () => {
  test('is what it turns out to be when inputs move; when the concept changes, the first labels say so', async () => {
    const { artefacts } = await play(world(6_000, { mean: 0, labelled: 1 }), null);
    const moved = world(4_000, { mean: 0.9, labelled: 1 });
    const unlabelled = { ...moved, truth: moved.truth.map((label, i) => (i % 20 === 0 ? label : null)) };
    const estimate = (await play(unlabelled, artefacts)).checked;
    const { value, interval } = find(estimate, 'estimated_performance_check', 'accuracy') ?? {};
    expect(value).toBeCloseTo(realised(moved), 1);
    expect(interval?.[0]).toBeLessThan(realised(moved));
    expect(interval?.[1]).toBeGreaterThan(realised(moved));
    expect(find(estimate, 'estimate_truth_check', 'accuracy')?.verdict).toBe('pass');

    const turned = world(4_000, { mean: 0, labelled: 0.1, truthOf: (score) => 0.8 - 0.6 * score });
    const { checked } = await play(turned, artefacts);
    expect(find(checked, 'estimated_performance_check', 'accuracy')?.verdict).toBe('pass');
    expect(find(checked, 'estimate_truth_check', 'accuracy')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/scores no longer mean what they meant in the baseline/),
    });
    expect(checked?.report.verdict).toBe('fail');
  });

  test('inputs that move to where the model is unsure are a violation before any label is there', async () => {
    const truthOf = (score: number): number => 0.05 + 0.9 * score;
    const { artefacts } = await play(world(6_000, { mean: 1.8, labelled: 1, truthOf }), null);
    const { checked } = await play(world(3_000, { mean: 0, labelled: 0, truthOf }), artefacts);
    expect(find(checked, 'LessThanThreshold', 'accuracy')?.verdict).toBe('inconclusive');
    expect(find(checked, 'estimated_performance_check', 'accuracy')).toMatchObject({ verdict: 'fail' });
    expect(checked?.artefacts['constraint_violations.json']).toMatchObject({
      violations: expect.arrayContaining([
        expect.objectContaining({ constraint_check_type: 'estimated_performance_check', metric_name: 'accuracy' }),
      ]),
    });
  });

  test('SageMaker’s statistics have its names, its curves, its five samples and its best constant classifier', async () => {
    const cells = world(2_000, { mean: 0, labelled: 1 });
    const { artefacts } = await play(cells, null);
    const statistics = artefacts['statistics.json'] as Readonly<Record<string, Readonly<Record<string, Json>>>>;
    const found = statistics['binary_classification_metrics'] ?? {};
    const positives = cells.truth.filter((label) => label === 1).length;
    expect(found).toMatchObject({
      accuracy: { value: realised(cells), standard_deviation: expect.any(Number) },
      recall_best_constant_classifier: { value: 1, standard_deviation: 0 },
      accuracy_best_constant_classifier: { value: positives / 2_000 },
      receiver_operating_characteristic_curve: { false_positive_rates: expect.any(Array) },
      precision_recall_curve: { precisions: expect.any(Array) },
    });
    // Samples of 80 % share most of their rows: they scatter by about √(1/n · (1 − 0.8)/0.8).
    const { standard_deviation: deviation } = found['accuracy'] as { readonly standard_deviation: number };
    expect(deviation).toBeGreaterThan(0.0005);
    expect(deviation).toBeLessThan(0.02);
    const few = await play(world(150, { mean: 0, labelled: 1 }), null);
    expect(few.artefacts['statistics.json']).toMatchObject({
      binary_classification_metrics: { accuracy: { standard_deviation: 'NaN' } },
    });
  });
});
