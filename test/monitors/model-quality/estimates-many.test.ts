import { describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import { sampleMaker } from '../../../bench/peers/random-data';
import { qualityAnalyzer } from '../../../monitors/model-quality/analyzer';
import type { QualityOptions } from '../../../monitors/model-quality/options';
import type { Artefacts, Check, Checked, Json } from '../../../monitors/types';

const make = sampleMaker(7);
type Cells = Readonly<Record<string, readonly (string | number | null)[]>>;

function optionsOf(raw: Readonly<Record<string, Json>>): QualityOptions {
  const parsed = qualityAnalyzer.parseOptions({ label: 'truth', prediction: 'answer', ...raw });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.options;
}

/** The baseline's files, and what checks of later data come to. */
async function played(options: QualityOptions, baseline: Cells, ...windows: readonly Cells[]) {
  const digested = <T>(
    cells: Cells,
    use: (run: { baseline(): Promise<Artefacts>; check(artefacts: Artefacts): Promise<Checked> }) => Promise<T>
  ): Promise<T> =>
    withDataset({ cells: { ...cells } }, async ({ work, dataset, dir, state }) => {
      const own = path.join(dir, 'own');
      await mkdir(own);
      await qualityAnalyzer.digest(work, dataset, { options, dir: own });
      return use({
        baseline: () => qualityAnalyzer.baseline(work, state(own), options),
        check: (artefacts) =>
          qualityAnalyzer.check(work, state(own), { options, baseline: { artefacts, stateDir: null } }),
      });
    });
  const artefacts = await digested(baseline, (run) => run.baseline());
  const checked: Checked[] = [];
  for (const window of windows) checked.push(await digested(window, (run) => run.check(artefacts)));
  return checked;
}

const find = (checked: Checked | undefined, check: string, subject: string): Check | undefined =>
  checked?.report.checks.find((one) => one.check === check && one.subject === subject);
const metricsOf = (checked: Checked | undefined, key: string): Readonly<Record<string, { readonly value: number }>> =>
  (checked?.artefacts['statistics.json'] as Record<string, Record<string, { value: number }>>)[key] ?? {};
const withoutLabels = (cells: Cells): Cells => ({ ...cells, truth: (cells['truth'] ?? []).map(() => null) });

/**
 * Three classes: the model knows `cat` well, and is far too sure of `dog`, which is a `wolf` when it is wrong.
 * `mix`: how often it says what.
 */
function animals(n: number, mix: Readonly<Record<string, number>>, turned = false): Cells {
  const answer = make.categories(n, mix);
  const score = answer.map(() => 0.5 + 0.5 * make.uniform());
  const truth = answer.map((said, i) => {
    const sure = score[i] ?? 0;
    const right = said === 'dog' ? sure - 0.3 : sure;
    if (make.uniform() < (turned ? 1.2 - right : right)) return said;
    if (said === 'dog') return make.uniform() < 0.9 ? 'wolf' : 'cat';
    return said === 'cat' ? 'dog' : 'cat';
  });
  return { answer, score, truth };
}

describe('performance of many classes without labels', () => {
  const options = optionsOf({ problem: 'MulticlassClassification', probability: 'score' });

  test('is told metric by metric, by what each prediction was worth in the baseline; the truth agrees once it is there', async () => {
    const baseline = animals(8_000, { cat: 5, dog: 2, wolf: 3 });
    const moved = animals(6_000, { cat: 1, dog: 7, wolf: 2 });
    const [estimated, known] = await played(options, baseline, withoutLabels(moved), moved);
    const realised = metricsOf(known, 'multiclass_classification_metrics');
    for (const metric of ['accuracy', 'weighted_recall', 'weighted_precision', 'weighted_f1', 'weighted_f2']) {
      const { value, interval } = find(estimated, 'estimated_performance_check', metric) ?? {};
      const truth = realised[metric]?.value ?? NaN;
      expect(Math.abs((value ?? NaN) - truth)).toBeLessThan(0.03);
      expect(interval?.[0]).toBeLessThan(truth + 0.01);
      expect(interval?.[1]).toBeGreaterThan(truth - 0.01);
    }
    // Of a model that says dog more often than it should, every metric is worse, and is known to be before any label.
    expect(find(estimated, 'estimated_performance_check', 'weighted_f1')?.verdict).toBe('fail');
    expect(find(estimated, 'LessThanThreshold', 'weighted_f1')?.verdict).toBe('inconclusive');
    expect(find(known, 'estimate_truth_check', 'accuracy')?.verdict).toBe('pass');
  });

  test('knows classes whatever data call them', async () => {
    const strange = (cells: Cells): Cells =>
      Object.fromEntries(
        Object.entries(cells).map(([name, column]) => [
          name,
          column.map((cell) => (cell === 'dog' ? 'constructor' : cell === 'wolf' ? '__proto__' : cell)),
        ])
      );
    const cells = animals(3_000, { cat: 5, dog: 2, wolf: 3 });
    const [usual] = await played(options, cells, withoutLabels(cells));
    const [renamed] = await played(options, strange(cells), withoutLabels(strange(cells)));
    const f1 = (checked: Checked | undefined) => find(checked, 'estimated_performance_check', 'weighted_f1')?.value;
    expect(f1(renamed)).toBeCloseTo(f1(usual) ?? NaN, 9);
  });

  test('is contradicted by the first labels when the concept has changed', async () => {
    const mix = { cat: 5, dog: 2, wolf: 3 };
    const [turned] = await played(options, animals(4_000, mix), animals(2_000, mix, true));
    expect(find(turned, 'estimate_truth_check', 'accuracy')).toMatchObject({ verdict: 'fail' });
  });
});

/** Prices whose error grows with them. */
function prices(n: number, from: number, to: number, worse = 1): Cells {
  const answer = Array.from({ length: n }, () => from + (to - from) * make.uniform());
  const noise = make.normals(n);
  return { answer, truth: answer.map((price, i) => price + 0.1 * worse * price * (noise[i] ?? 0)) };
}

describe('performance of a regression without labels', () => {
  const options = optionsOf({ problem: 'Regression' });

  test('follows predictions to where the model is worse; the truth agrees, until the concept changes', async () => {
    const [estimated, known, changed] = await played(
      options,
      prices(8_000, 10, 100),
      withoutLabels(prices(4_000, 70, 100)),
      prices(4_000, 70, 100),
      prices(4_000, 70, 100, 1.6)
    );
    const realised = metricsOf(known, 'regression_metrics');
    for (const metric of ['mae', 'mse', 'rmse']) {
      const { value, interval } = find(estimated, 'estimated_performance_check', metric) ?? {};
      const truth = realised[metric]?.value ?? NaN;
      expect(Math.abs((value ?? NaN) / truth - 1)).toBeLessThan(0.1);
      expect(interval?.[0]).toBeLessThan(1.05 * truth);
      expect(interval?.[1]).toBeGreaterThan(0.95 * truth);
    }
    expect(find(estimated, 'estimated_performance_check', 'mae')?.verdict).toBe('fail');
    expect(find(estimated, 'estimated_performance_check', 'r2')).toBeUndefined();
    expect(find(known, 'estimate_truth_check', 'mae')?.verdict).toBe('pass');
    expect(find(changed, 'estimate_truth_check', 'mae')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/no longer as wrong as in the baseline/),
    });
  });
});
