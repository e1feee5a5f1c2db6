import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import { seededUniform } from '../../../guards/random';
import { attributionAnalyzer } from '../../../monitors/attribution/analyzer';
import { startModel } from '../../../monitors/attribution/caller';
import type { StartedModel } from '../../../monitors/attribution/caller';
import type { AttributionOptions } from '../../../monitors/attribution/options';
import { writeArtefacts } from '../../../monitors/run/folder';
import type { Artefacts, Checked, Json, ModelCaller } from '../../../monitors/types';

const CONTAINER = `exec node ${JSON.stringify(path.resolve('test/support/scorer.js'))}`;
const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-attribution-'));
/** Rests on the age, and on the income. */
let [byAge, byIncome]: StartedModel[] = [];

beforeAll(async () => {
  const format = { contentType: 'text/csv' } as const;
  [byAge, byIncome] = await Promise.all(
    [{}, { LEANS: '1' }].map((env) => startModel(CONTAINER, { format, env: { ...process.env, ...env } }))
  );
});
afterAll(async () => {
  await byAge?.stop();
  await byIncome?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const uniform = seededUniform(5);
const people = Array.from({ length: 120 }, () =>
  [uniform(), uniform(), uniform()].map((one) => Number((100 * one).toFixed(2)))
);
const column = (at: number) => people.map((row) => row[at] ?? 0);
const cells = { approved: people.map((_, i) => i % 2), age: column(0), income: column(1), rooms: column(2) };

function optionsOf(raw: Readonly<Record<string, Json>> = {}): AttributionOptions {
  const read = attributionAnalyzer.parseOptions({
    label: 'approved',
    methods: { shap: { num_clusters: 2, save_local_shap_values: true } },
    ...{ rows: 30, calls: 3_000 },
    ...raw,
  });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.options;
}

let folders = 0;
/** Digests the people, then asks. */
function withState<T>(
  options: AttributionOptions,
  model: ModelCaller | undefined,
  use: (run: { baseline(): Promise<Artefacts>; check(artefacts: Artefacts): Promise<Checked> }) => Promise<T>
): Promise<T> {
  return withDataset({ cells }, async ({ work, dataset, state }) => {
    const to = path.join(dir, `state-${folders++}`);
    await mkdir(to);
    await attributionAnalyzer.digest(work, dataset, { options, dir: to });
    const asking = { ...work, ...(model && { model }) };
    return use({
      baseline: () => attributionAnalyzer.baseline(asking, state(to), options),
      check: (artefacts) =>
        attributionAnalyzer.check(asking, state(to), { options, baseline: { artefacts, stateDir: null } }),
    });
  });
}

test('a baseline is Clarify’s analysis.json and its local values; the same model passes, one that leans on another feature violates it', async () => {
  const options = optionsOf();
  const baseline = await withState(options, byAge?.model, (run) => run.baseline());
  expect(baseline['analysis.json']).toMatchObject({
    version: '1.0',
    explanations: {
      kernel_shap: { label0: { global_shap_values: { age: expect.any(Number) }, expected_value: expect.any(Number) } },
    },
  });
  expect(baseline['background.json']).toMatchObject({ rows: [expect.any(Array), expect.any(Array)] });
  await writeArtefacts(path.join(dir, 'out'), { artefacts: baseline });
  const lines = readFileSync(path.join(dir, 'out', 'explanations_shap', 'out.csv'), 'utf8')
    .trim()
    .split('\n');
  expect([lines[0], lines.length]).toEqual(['age_label0,income_label0,rooms_label0', 31]);

  const same = await withState(options, byAge?.model, (run) => run.check(baseline));
  expect(same.report).toMatchObject({ verdict: 'pass', rows: { used: 30 }, checks: [{ value: 1, subject: 'label0' }] });
  const other = await withState(options, byIncome?.model, (run) => run.check(baseline));
  expect(other.report).toMatchObject({
    verdict: 'fail',
    settings: { seed: 1, resamples: 1_000, level: 0.95, samples: 6 },
  });
  expect(other.artefacts['constraint_violations.json']).toMatchObject({
    violations: [
      {
        label: 'label0',
        metric_name: 'shap',
        constraint_check_type: 'feature_attribution_drift_check',
        description: expect.stringMatching(/^Feature attribution drift 0\.\d+ exceeds threshold 0\.9$/),
      },
    ],
  });
});

test('where the model answered all rows of the baseline alike, no ranking is judged', async () => {
  const constant: ModelCaller = { predict: (rows) => Promise.resolve(rows.map(() => [0.5])) };
  const options = optionsOf();
  const baseline = await withState(options, constant, (run) => run.baseline());
  const checked = await withState(options, byAge?.model, (run) => run.check(baseline));
  expect(checked.report).toMatchObject({
    verdict: 'inconclusive',
    checks: [{ value: null, reason: expect.stringMatching(/every attribution of the baseline is 0/) }],
  });
});

test('a worker that is killed goes on with the row where it was', async () => {
  const options = optionsOf();
  const model = byAge?.model;
  if (model === undefined) throw new Error('the model has not been started');
  let asked = 0;
  const dying: ModelCaller = {
    predict: (rows) => (++asked > 12 ? Promise.reject(new Error('killed')) : model.predict(rows)),
  };
  await withDataset({ cells }, async ({ work, dataset, state }) => {
    const to = path.join(dir, 'killed');
    await mkdir(to);
    await attributionAnalyzer.digest(work, dataset, { options, dir: to });
    await expect(attributionAnalyzer.baseline({ ...work, model: dying }, state(to), options)).rejects.toThrow('killed');
    let again = 0;
    const counting: ModelCaller = { predict: (rows) => (again++, model.predict(rows)) };
    const resumed = await attributionAnalyzer.baseline({ ...work, model: counting }, state(to), options);
    expect(again).toBe(30 - 11 + 1);
    expect(resumed).toEqual(await withState(options, model, (run) => run.baseline()));
  });
});

test('a text is explained by its words', async () => {
  const reviews = Array.from({ length: 12 }, (_, i) => `${i % 2 === 0 ? 'great' : 'awful'} phone number ${i % 3}`);
  const model: ModelCaller = {
    predict: (rows) =>
      Promise.resolve(rows.map(([text = '']) => [text.includes('great') ? 1 : text.includes('awful') ? -1 : 0])),
  };
  const options = optionsOf({ methods: { shap: { text_config: { column: 'review' } } } });
  const artefacts = await withDataset(
    { cells: { review: reviews, approved: reviews.map(() => 1) } },
    async ({ work, dataset, dir: to, state }) => {
      await attributionAnalyzer.digest(work, dataset, { options, dir: to });
      return attributionAnalyzer.baseline({ ...work, model }, state(to), options);
    }
  );
  expect(artefacts['analysis.json']).toMatchObject({
    explanations: { kernel_shap: { label0: { global_shap_values: { great: 0.5, awful: 0.5, phone: 0, number: 0 } } } },
  });
});

test('without a model, and with a command that is none, it is said what is missing', async () => {
  await expect(withState(optionsOf(), undefined, (run) => run.baseline())).rejects.toThrow(/need the model/);
  const started = startModel('echo no such model >&2; exit 3', {
    format: { contentType: 'text/csv' },
    env: process.env,
  });
  await expect(started).rejects.toThrow(/ended with 3: no such model/);
});
