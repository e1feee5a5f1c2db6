import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampleMaker } from '../../../bench/peers/random-data';
import { loadReviews } from '../../../examples/product-reviews/data';
import { dataQuality } from '../../../monitors/data-quality';
import type { Constraints, Statistics } from '../../../monitors/data-quality/files/shapes';
import type { Checked, Json } from '../../../monitors/types';
import { checkOf, csvOf, Pipeline, violated } from './pipeline';
import type { Table } from './pipeline';

const pipeline = new Pipeline();
beforeAll(() => pipeline.open());
afterAll(() => pipeline.close());

/** Two correlated numbers, a whole number with ties, a category, a score that is never negative. */
function people(seed: number, rows: number): Record<string, (string | number | null)[]> {
  const make = sampleMaker(seed);
  const height = make.normals(rows, 170, 10);
  const noise = make.normals(rows, 0, 5);
  return {
    height: height.map((x) => x.toFixed(2)),
    weight: height.map((x, i) => (x - 100 + (noise[i] ?? 0)).toFixed(2)),
    children: make.counts(rows, 2),
    city: make.categories(rows, { Rome: 5, Paris: 3, Oslo: 2 }),
    income: make.skewed(rows, 1000).map((x) => x.toFixed(1)),
  };
}

describe('a baseline', () => {
  test('is written in the shapes of Model Monitor', async () => {
    const dir = await pipeline.baseline({
      age: [3, 1, 2, null],
      price: ['1.5', '2', '-3e1', '4.25'],
      flag: ['true', 'false', 'true', 'true'],
      note: ['.5', 'x', 'x', 'y'],
      empty: [null, null, null, null],
    });
    const statistics = JSON.parse(readFileSync(path.join(dir, 'statistics.json'), 'utf8')) as Statistics;
    const constraints = JSON.parse(readFileSync(path.join(dir, 'constraints.json'), 'utf8')) as Constraints;
    expect(statistics).toMatchObject({ version: 0, dataset: { item_count: 4 } });
    expect(statistics.features.map(({ name, inferred_type }) => [name, inferred_type])).toEqual([
      ['age', 'Integral'],
      ['price', 'Fractional'],
      ['flag', 'String'],
      ['note', 'String'],
      ['empty', 'Unknown'],
    ]);
    expect(statistics.features[0]?.numerical_statistics).toEqual({
      common: { num_present: 3, num_missing: 1 },
      mean: 2,
      sum: 6,
      std_dev: expect.closeTo(Math.sqrt(2 / 3), 15),
      min: 1,
      max: 3,
      distribution: {
        kll: {
          buckets: expect.arrayContaining([{ lower_bound: 1, upper_bound: 1.2, count: 1 }]),
          sketch: { parameters: { c: 0.64, k: 2048 }, data: [[3, 1, 2]] },
        },
      },
    });
    expect(statistics.features[2]?.string_statistics).toEqual({
      common: { num_present: 4, num_missing: 0 },
      distinct_count: 2,
      distribution: {
        categorical: {
          buckets: [
            { value: 'true', count: 3 },
            { value: 'false', count: 1 },
          ],
        },
      },
    });
    expect(constraints.features[0]).toEqual({
      name: 'age',
      inferred_type: 'Integral',
      completeness: 0.75,
      num_constraints: { is_non_negative: true },
    });
    expect(constraints.features[1]?.num_constraints).toEqual({ is_non_negative: false });
    expect(constraints.monitoring_config).toEqual({
      evaluate_constraints: 'Enabled',
      emit_metrics: 'Enabled',
      datatype_check_threshold: 1,
      domain_content_threshold: 1,
      distribution_constraints: {
        perform_comparison: 'Enabled',
        comparison_threshold: 0.1,
        comparison_method: 'Robust',
        categorical_comparison_threshold: 0.1,
        categorical_drift_method: 'LInfinity',
      },
    });
  });

  test('is the same, byte by byte, from one shard and from three, also where its sketches are compacted', async () => {
    const parts = [people(1, 2400), people(2, 2200), people(3, 40), people(4, 300)];
    const objects = parts.map((part, i) => [`hour/${i}.csv`, csvOf(part)] as const);
    const one = await pipeline.state([Object.fromEntries(objects)]);
    const shard = (...wanted: readonly number[]) => Object.fromEntries(objects.filter((_, i) => wanted.includes(i)));
    const three = await pipeline.state([shard(0, 3), shard(2), shard(1)]);
    const filesOf = (dir: string) =>
      readdirSync(path.join(dir, 'state'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file) => [path.relative(dir, file), readFileSync(file).toString('base64')])
        .sort();
    expect(filesOf(three)).toEqual(filesOf(one));
    const against = await pipeline.baseline(people(9, 1000));
    const [a, b] = [
      await pipeline.check({ baseline: against, live: one }),
      await pipeline.check({ baseline: against, live: three }),
    ];
    expect(JSON.stringify(b)).toBe(JSON.stringify(a));
    const levels = (a.artefacts['statistics.json'] as unknown as Statistics).features[0]?.numerical_statistics
      ?.distribution?.kll.sketch?.data;
    expect(levels?.length).toBeGreaterThan(1);
  });
});

describe('a check', () => {
  let baseline: string;
  beforeAll(async () => {
    baseline = await pipeline.baseline(people(9, 4000));
  });

  test('passes on new rows of the same kind, with every number of the verdict in the report', async () => {
    const checked = await pipeline.check({ baseline, live: people(10, 2000) });
    expect(checked.report.checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(checked.report).toMatchObject({ verdict: 'pass', rows: { used: 2000 } });
    const drift = checkOf(checked, 'height', 'baseline_drift_check');
    expect(drift.interval?.[0]).toBeLessThanOrEqual(drift.value ?? -1);
    expect(drift.threshold).toBeCloseTo(0.1 + 1.8 * Math.sqrt(1 / 4000 + 1 / 2000), 12);
    expect(drift.extras).toMatchObject({
      baselineFrom: 'tally',
      deequ: { wouldFail: false },
      populationStability: { value: expect.any(Number), interval: [expect.any(Number), expect.any(Number)] },
      wasserstein: { value: expect.any(Number) },
    });
  });

  test.each([
    [
      'a number that became text',
      { height: (x: string) => (x.startsWith('17') ? 'tall' : x) },
      ['height data_type_check'],
    ],
    ['missing values', { city: (x: string, i: number) => (i % 10 === 0 ? null : x) }, ['city completeness_check']],
    [
      'a new category',
      { city: (x: string, i: number) => (i % 50 === 0 ? 'Bern' : x) },
      ['city categorical_values_check'],
    ],
    ['a negative number', { children: (x: number, i: number) => (i === 7 ? -1 : x) }, ['children non_negative_check']],
  ] as const)('names %s', async (_what, change, expected) => {
    const live = people(11, 2000);
    for (const [name, map] of Object.entries(change))
      live[name] = (live[name] ?? []).map((x, i) => (map as (x: unknown, i: number) => string | number | null)(x, i));
    const checked = await pipeline.check({ baseline, live });
    expect(violated(checked)).toEqual(expect.arrayContaining([...expected]));
    expect(violated(checked).filter((one) => !one.startsWith(expected[0].split(' ')[0] ?? ''))).toEqual([]);
    expect(checked.report.verdict).toBe('fail');
  });

  test('names columns that are gone and columns that are new', async () => {
    const { income, ...rest } = people(12, 500);
    const checked = await pipeline.check({ baseline, live: { ...rest, revenue: income ?? [] } });
    expect(violated(checked)).toEqual(['income missing_column_check', 'revenue extra_column_check']);
  });

  test('sees drift that Deequ loses to ties, and says so', async () => {
    const spread = (zeros: number, ones: number) => ({
      x: [...Array(zeros).fill(0), ...Array(ones).fill(1)] as number[],
    });
    const dir = await pipeline.baseline(spread(900, 100));
    const exact = await pipeline.check({ baseline: dir, live: spread(100, 900) });
    expect(checkOf(exact, 'x', 'baseline_drift_check')).toMatchObject({
      verdict: 'fail',
      value: 0.8,
      extras: { distanceExact: 0.8, deequ: { distance: 0, wouldFail: false } },
    });
    const deequ = await pipeline.check({ baseline: dir, live: spread(100, 900) }, { distance: 'deequ' });
    expect(checkOf(deequ, 'x', 'baseline_drift_check')).toMatchObject({ verdict: 'inconclusive' });
  });

  test('sees rows that fall apart although every column alone looks as before', async () => {
    const live = people(13, 1500);
    live['weight'] = (live['weight'] ?? []).toReversed();
    const checked = await pipeline.check({ baseline, live });
    expect(violated(checked)).toEqual(['(all features together) multivariate_drift_check']);
  });

  test('is inconclusive below the minimum of rows, and tells what it could have seen', async () => {
    const checked = await pipeline.check({ baseline, live: people(14, 40) });
    expect(checked.report.verdict).toBe('inconclusive');
    expect(violated(checked)).toEqual([]);
    const drift = checkOf(checked, 'height', 'baseline_drift_check');
    expect(drift.reason).toMatch(
      /^40 rows of the 100 that a verdict needs; 60 more, or a longer window: only a distance above 0\.45\d* would be seen$/
    );
  });

  test('honours what a person wrote into the constraints, by feature', async () => {
    const edited = pipeline.folder();
    cpSync(baseline, edited, { recursive: true });
    const file = path.join(edited, 'constraints.json');
    const constraints = JSON.parse(readFileSync(file, 'utf8')) as Constraints;
    const features = constraints.features.map((feature) =>
      feature.name === 'height'
        ? { ...feature, monitoringConfigOverrides: { distribution_constraints: { perform_comparison: 'Disabled' } } }
        : feature.name === 'city'
          ? {
              ...feature,
              monitoringConfigOverrides: {
                domain_content_threshold: 0.9,
                distribution_constraints: {
                  categorical_drift_method: 'ChiSquared',
                  categorical_comparison_threshold: 0.01,
                },
              },
            }
          : feature
    );
    writeFileSync(file, JSON.stringify({ ...constraints, features }));
    const live = people(15, 2000);
    live['height'] = (live['height'] ?? []).map((x) => (Number(x) + 30).toFixed(2));
    live['city'] = (live['city'] ?? []).map((x, i) => (i % 50 === 0 ? 'Bern' : x));
    const checked = await pipeline.check(
      { baseline: edited, live },
      { multivariate: false, limits: { populationStability: 0.2 } }
    );
    expect(violated(checked)).toEqual(['city baseline_drift_check']);
    expect(checkOf(checked, 'city', 'baseline_drift_check').extras).toMatchObject({
      method: 'ChiSquared',
      newCategories: ['Bern'],
    });
    expect(checkOf(checked, 'income', 'population_stability_check').verdict).toBe('pass');
  });

  test('works from the two files alone, as SageMaker writes them', async () => {
    const files = pipeline.folder();
    for (const name of ['statistics.json', 'constraints.json'])
      cpSync(path.join(baseline, name), path.join(files, name));
    const live = people(16, 1500);
    expect(violated(await pipeline.check({ baseline: files, live }))).toEqual([]);
    live['income'] = (live['income'] ?? []).map((x) => (Number(x) * 2).toFixed(1));
    const checked = await pipeline.check({ baseline: files, live });
    expect(violated(checked)).toEqual(['income baseline_drift_check']);
    expect(checkOf(checked, 'income', 'baseline_drift_check').extras).toMatchObject({ baselineFrom: 'sketch' });
    const full = await pipeline.check({ baseline, live });
    const distances = [checked, full].map((one) => checkOf(one, 'income', 'baseline_drift_check').value ?? 0);
    expect(Math.abs((distances[0] ?? 0) - (distances[1] ?? 1))).toBeLessThan(0.003);
    expect(checked.report.settings['notChecked']).toEqual([
      'all features together: the baseline has no rows, only its files',
    ]);
  });

  test('of a baseline that was edited into nonsense is an error that lists all of it', async () => {
    const broken = pipeline.folder();
    mkdirSync(broken, { recursive: true });
    writeFileSync(
      path.join(broken, 'statistics.json'),
      '{"dataset":{"item_count":3},"features":[{"inferred_type":"Integral"}]}'
    );
    const config = { datatype_check_threshold: 7, distribution_constraints: { comparison_method: 'Rubust' } };
    writeFileSync(path.join(broken, 'constraints.json'), JSON.stringify({ features: [], monitoring_config: config }));
    const { report } = await pipeline.check({ baseline: broken, live: people(1, 200) });
    expect(report.verdict).toBe('error');
    for (const part of ['feature 1 has no "name"', 'datatype_check_threshold is 7', '"Rubust", not Simple or Robust'])
      expect(report.reason).toContain(part);
  });
});

describe('a window after another', () => {
  test('small drift that no single window shows is found by what is carried, and one window twice counts once', async () => {
    const dir = await pipeline.baseline(people(20, 15_000));
    let carried: Json | undefined;
    const verdicts: string[] = [];
    const window = async (hour: number): Promise<Checked> => {
      const live = people(100 + hour, 300);
      live['height'] = (live['height'] ?? []).map((x) => (Number(x) + 3).toFixed(2));
      const state = await pipeline.state([{ [`h/${hour}.csv`]: csvOf(live) }]);
      const reading = path.join(state, 'reading.json');
      const told = {
        ...(JSON.parse(readFileSync(reading, 'utf8')) as object),
        window: { fromMs: hour, toMs: hour + 1 },
      };
      writeFileSync(reading, JSON.stringify(told));
      return pipeline.check({ baseline: dir, live: state }, {}, carried === undefined ? {} : { carried });
    };
    for (let hour = 1; hour <= 6; hour++) {
      const checked = await window(hour);
      carried = JSON.parse(JSON.stringify(checked.carry)) as Json;
      verdicts.push(checkOf(checked, 'height', 'sequential_drift_check').verdict);
      expect(checkOf(checked, 'height', 'baseline_drift_check').verdict).toBe('pass');
      expect(checkOf(checked, 'income', 'sequential_drift_check').verdict).toBe('pass');
    }
    expect(verdicts[0]).toBe('pass');
    expect(verdicts.at(-1)).toBe('fail');
    const again = await window(3);
    expect(again.carry).toEqual(carried);
    expect(again.report.settings['budget']).toMatchObject({ counted: false, windows: 6 });
  });
});

describe('text', () => {
  test('of product reviews: other reviews pass, complaints about something else do not', async () => {
    const { heldOut, training } = loadReviews();
    const texts = (items: readonly { readonly text: string }[]): Table => ({ review: items.map(({ text }) => text) });
    // Products, restaurants and films come one after another in the data.
    const dir = await pipeline.baseline(texts(training.filter((_, i) => i % 3 > 0)));
    const same = await pipeline.check({ baseline: dir, live: texts(training.filter((_, i) => i % 3 === 0)) });
    expect(same.report.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    const unknown = checkOf(same, 'review', 'unknown_words_check');
    expect(unknown.interval?.[0]).toBeLessThan(unknown.threshold ?? 0);
    const garbled = heldOut.map(({ text }) => ({
      text: text
        .split(' ')
        .map((word) => `${word}x`)
        .join(' '),
    }));
    expect(violated(await pipeline.check({ baseline: dir, live: texts(garbled) }))).toEqual([
      'review unknown_words_check',
      'review vocabulary_drift_check',
    ]);
    const doubled = training.filter((_, i) => i % 3 === 0).map(({ text }) => ({ text: `${text} ${text}` }));
    expect(violated(await pipeline.check({ baseline: dir, live: texts(doubled) }))).toEqual([
      'review (length) baseline_drift_check',
    ]);
  });
});

test('mistakes in options are told all at once, each with its remedy', () => {
  const found = dataQuality.parseOptions({ minRows: 0, distance: 'deqeu', limits: { psi: 1 }, seeds: 3 });
  expect('problems' in found && found.problems.map(({ option }) => option).sort()).toEqual([
    'distance',
    'limits.psi',
    'minRows',
    'seeds',
  ]);
});

afterAll(() => rmSync(pipeline.folder(), { recursive: true, force: true }));
