import { describe, expect, test } from '@jest/globals';
import { sampleMaker } from '../../../bench/peers/random-data';
import { binaryMetrics, noBinaryCounts } from '../../../monitors/model-quality/binary';
import { confusionOf } from '../../../monitors/model-quality/confusion';
import { curvesOf } from '../../../monitors/model-quality/curves';
import { judgeLabelled } from '../../../monitors/model-quality/judge';
import { multiclassMetrics } from '../../../monitors/model-quality/multiclass';
import type { Measured } from '../../../monitors/model-quality/numbers';
import { regressionMetrics, regressionSums } from '../../../monitors/model-quality/regression';
import { deviationOf } from '../../../monitors/model-quality/subsamples';

const make = sampleMaker(5);

function binary(n: number): Readonly<Record<string, Measured>> {
  const groups = Array.from({ length: 51 }, () => ({ hits: 0, n: 0 }));
  for (let i = 0; i < n; i++) {
    const group = groups[Math.round(make.uniform() * 50)];
    if (group === undefined) continue;
    group.n += 1;
    group.hits += Number(make.uniform() < groups.indexOf(group) / 50);
  }
  const counts = { ...noBinaryCounts };
  const positives = groups.reduce((sum, { hits }) => sum + hits, 0);
  const curves = curvesOf({ positives, negatives: n - positives });
  groups.forEach(({ hits, n: tied }, i) => {
    curves.add({ score: i / 50, positives: hits, negatives: tied - hits });
    const predicted = i > 30;
    counts.truePositives += predicted ? hits : 0;
    counts.falsePositives += predicted ? tied - hits : 0;
    counts.falseNegatives += predicted ? 0 : hits;
    counts.trueNegatives += predicted ? 0 : tied - hits;
  });
  return { ...binaryMetrics(counts), auc: curves.finish().auc };
}

function multiclass(n: number): Readonly<Record<string, Measured>> {
  const actual = make.categories(n, { a: 5, b: 3, c: 1 });
  return multiclassMetrics(
    confusionOf(
      actual.map((label) => ({
        actual: label,
        predicted: make.uniform() < 0.6 ? label : (make.categories(1, { a: 1, b: 2, c: 1 })[0] ?? ''),
        count: 1,
      }))
    )
  );
}

function regression(n: number): Readonly<Record<string, Measured>> {
  const labels = make.normals(n, 50, 5);
  const sums = regressionSums(labels.reduce((sum, label) => sum + label, 0) / n);
  for (const label of labels) sums.add(label, label + (make.normals(1, 0.5, 2)[0] ?? 0), 1);
  return regressionMetrics(sums.sums());
}

describe('the error that is said of a metric is how much it scatters', () => {
  test.each([
    ['binary', binary],
    ['multiclass', multiclass],
    ['regression', regression],
  ] as const)('%s: every metric', (_name, draw) => {
    const worlds = Array.from({ length: 400 }, () => draw(300));
    const off = Object.keys(worlds[0] ?? {}).flatMap((name) => {
      const scatter = deviationOf(worlds.map((world) => world[name]?.value ?? NaN));
      const said = worlds.reduce((sum, world) => sum + (world[name]?.error ?? NaN), 0) / worlds.length;
      // 400 worlds know a deviation to 3.5 %; three of those, and a little for errors that are themselves approximate.
      return Math.abs(said / scatter - 1) < 0.15 ? [] : [`${name}: ${said} said, ${scatter} seen`];
    });
    expect(off).toEqual([]);
  });
});

describe('a metric against its own baseline', () => {
  test('SageMaker’s rule alarms in half of all windows without a change; ours keeps its false-alarm probability', () => {
    const windows = 300;
    const tally = { ours: 0, point: 0 };
    for (let i = 0; i < windows; i++) {
      const [baseline, live] = [binary(1_000), binary(400)];
      const known = { rows: 1_000, metrics: baseline, calibration: null, budget: null, classes: null, loss: null };
      const constraints = (['accuracy', 'f1', 'auc'] as const).map((metric) => ({
        metric,
        threshold: baseline[metric]?.value ?? NaN,
        operator: 'LessThanThreshold' as const,
      }));
      const quality = {
        rows: 400,
        metrics: live,
        deviations: {},
        constant: {},
        constantDeviations: {},
        confusion: null,
        curves: null,
        majority: null,
        wrong: null,
      };
      const sure = { alpha: 0.05 / 3, level: 0.95, leastRows: 100, rule: 'interval' } as const;
      const alarms = (rule: 'interval' | 'point') =>
        judgeLabelled(quality, constraints, { known, sure: { ...sure, rule } }).some(
          ({ verdict }) => verdict === 'fail'
        );
      tally.ours += Number(alarms('interval'));
      tally.point += Number(alarms('point'));
    }
    expect(tally.point / windows).toBeGreaterThan(0.4);
    // 5 % and three binomial deviations.
    expect(tally.ours / windows).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / windows));
  });
});
