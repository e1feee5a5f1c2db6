import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { biasAnalyzer } from '../../../monitors/bias/analyzer';
import type { BiasOptions } from '../../../monitors/bias/options';
import { biasDrift } from '../../../monitors/bias/drift';
import { openSession } from '../../../monitors/data/session';
import type { Session } from '../../../monitors/data/session';
import type { Dataset } from '../../../monitors/data/types';
import type { Artefacts, Json, State, Work } from '../../../monitors/types';

const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bias-'));
let session: Session;
let work: Work;
beforeAll(async () => {
  session = await openSession({ dir: path.join(dir, 'db') });
  work = { db: session.db, progress: () => undefined };
});
afterAll(async () => {
  await session.close();
  rmSync(dir, { recursive: true, force: true });
});

type Row = Readonly<Record<'sex' | 'age' | 'region' | 'label' | 'predicted', string | null>>;

/** Of 400 rows one object holds the first 250; the model says no to half of the positive `f`. */
function rowsOf(p: { readonly unfair: boolean }): readonly Row[] {
  return Array.from({ length: 400 }, (_, i) => {
    const sex = i % 5 < 2 ? 'f' : 'm';
    const label = i % 7 < 4 ? '1' : '0';
    const predicted = p.unfair && sex === 'f' && i % 3 !== 0 ? '0' : label;
    return { sex, age: String(20 + (i % 50)), region: `r${i % 3}`, label, predicted };
  });
}

let tables = 0;
async function datasetOf(rows: readonly Row[], from = 0, sources = ['a.jsonl', 'b.jsonl']): Promise<Dataset> {
  const table = `t${tables++}`;
  const columns = ['sex', 'age', 'region', 'label', 'predicted'] as const;
  const cell = (text: string | null) => (text === null ? 'NULL' : `'${text}'`);
  const values = rows.map((row, i) => {
    const at = from + i;
    const object = sources.indexOf(at < 250 ? 'a.jsonl' : 'b.jsonl');
    return `(${object}, ${at + 1}, 1, ${columns.map((column) => cell(row[column])).join(', ')})`;
  });
  await session.db.run(
    `CREATE TABLE ${table} AS SELECT * FROM (VALUES ${values.join(',')}) v(_object, _line, _row, ${columns.join(', ')})`
  );
  const evidence = sources.map((source) => ({ source, etag: null, bytes: 1 }));
  return { db: session.db, table, columns, rows: rows.length, window: null, issues: [], evidence };
}

function parsed(raw: Readonly<Record<string, Json>> = {}): BiasOptions {
  const read = biasAnalyzer.parseOptions({
    label: 'label',
    label_values_or_threshold: [1],
    predicted_label: 'predicted',
    facet: [{ name_or_index: 'sex', value_or_threshold: ['f'] }],
    group_variable: 'region',
    excluded_columns: ['region', 'sex'],
    ...raw,
  });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.options;
}

function folder(name: string): string {
  const made = path.join(dir, name);
  mkdirSync(made);
  return made;
}

const stateIn = (stateDir: string, rows: number): State => ({
  dir: stateDir,
  rows: { read: rows, used: rows },
  window: null,
  issues: [],
  evidence: [],
});

async function digested(name: string, rows: readonly Row[], options: BiasOptions): Promise<State> {
  const to = folder(name);
  await biasAnalyzer.digest(work, await datasetOf(rows), { options, dir: to });
  return stateIn(to, rows.length);
}

test('two shards come to the same bytes as one reader, whatever their order', async () => {
  const options = parsed({ flipRows: 60 });
  const rows = rowsOf({ unfair: true });
  const whole = await digested('whole', rows, options);
  const shards = [folder('shard-a'), folder('shard-b')];
  await biasAnalyzer.digest(work, await datasetOf(rows.slice(0, 250), 0, ['a.jsonl']), {
    options,
    dir: shards[0] ?? '',
  });
  await biasAnalyzer.digest(work, await datasetOf(rows.slice(250), 250, ['b.jsonl']), {
    options,
    dir: shards[1] ?? '',
  });
  const joined = folder('joined');
  await biasAnalyzer.merge(work, shards.toReversed(), joined);
  const files = readdirSync(whole.dir).sort();
  expect(files).toEqual(['bias.json', 'facet-0.parquet', 'rows.parquet']);
  const [one, other] = await Promise.all(
    [whole.dir, joined].map((at) => biasAnalyzer.baseline(work, stateIn(at, 400), options))
  );
  expect(other).toEqual(one);
  for (const file of files.slice(0, 2))
    expect(readFileSync(path.join(joined, file))).toEqual(readFileSync(path.join(whole.dir, file)));
});

function metricsOf(artefacts: Artefacts, stage: string): Readonly<Record<string, unknown>> {
  const part = (
    artefacts['analysis.json'] as Record<string, { facets: Record<string, { metrics: { name: string }[] }[]> }>
  )[`${stage}_bias_metrics`];
  return Object.fromEntries((part?.facets['sex']?.[0]?.metrics ?? []).map((metric) => [metric.name, metric]));
}

test('a baseline is Clarify’s analysis.json; a model that turns unfair violates it, a fair window passes', async () => {
  const options = parsed();
  const baseline = {
    artefacts: await biasAnalyzer.baseline(work, await digested('base', rowsOf({ unfair: false }), options), options),
    stateDir: null,
  };
  const pre = metricsOf(baseline.artefacts, 'pre_training');
  expect(Object.keys(pre)).toEqual(['CDDL', 'CI', 'DPL', 'JS', 'KL', 'KS', 'LP', 'TVD']);
  expect(pre['CI']).toEqual({ name: 'CI', description: 'Class Imbalance (CI)', value: 0.2 });
  expect(metricsOf(baseline.artefacts, 'post_training')).toMatchObject({
    RD: { value: 0 },
    DI: { value: expect.any(Number) },
  });

  const fair = await biasAnalyzer.check(work, await digested('fair', rowsOf({ unfair: false }), options), {
    options,
    baseline,
  });
  expect(fair.report.verdict).toBe('pass');
  expect(fair.artefacts['constraint_violations.json']).toEqual({ version: '1.0', violations: [] });

  const state = await digested('unfair', rowsOf({ unfair: true }), options);
  const unfair = await biasAnalyzer.check(work, state, { options, baseline });
  expect(unfair.report).toMatchObject({
    verdict: 'fail',
    settings: { seed: 1, resamples: 1_000, level: 0.95, rule: 'interval' },
  });
  expect(unfair.artefacts['constraint_violations.json']).toMatchObject({
    violations: expect.arrayContaining([
      {
        facet: 'sex',
        facet_value: 'f',
        metric_name: 'RD',
        constraint_check_type: 'bias_drift_check',
        description: expect.stringMatching(/^Value 0\.6\d* does not meet the constraint requirement$/),
      },
    ]),
  });
  expect(unfair.report.checks.find(({ subject }) => subject === 'sex=f RD')).toMatchObject({
    verdict: 'fail',
    extras: { decided_by: 'interval', by_interval: true, by_point: true },
  });
  expect(await biasAnalyzer.check(work, state, { options, baseline })).toEqual(unfair);
});

test('a window that is too small says how many rows are missing, and a facet that nobody is in gives Clarify’s error entries', async () => {
  const options = parsed();
  const rows = rowsOf({ unfair: true });
  const baseline = {
    artefacts: await biasAnalyzer.baseline(work, await digested('b2', rows, options), options),
    stateDir: null,
  };
  const few = await biasAnalyzer.check(work, await digested('few', rows.slice(0, 40), options), { options, baseline });
  expect(few.report.verdict).toBe('inconclusive');
  expect(few.report.checks[0]?.reason).toMatch(/16 rows on one side; 14 more are needed/);
  const nobody = parsed({ facet: [{ name_or_index: 'sex', value_or_threshold: ['x'] }] });
  const empty = await biasAnalyzer.baseline(work, await digested('none', rows, nobody), nobody);
  expect(metricsOf(empty, 'pre_training')['DPL']).toMatchObject({ error: 'Facet set is empty' });
});

test('a facet of numbers is taken by its threshold, one without values value by value, and a text column stops the flip test alone', async () => {
  const options = parsed({
    facet: [{ name_or_index: 'age', value_or_threshold: [40] }, { name_or_index: 'region' }],
    excluded_columns: [],
  });
  const artefacts = await biasAnalyzer.baseline(
    work,
    await digested('ages', rowsOf({ unfair: true }), options),
    options
  );
  const { facets } = (
    artefacts['analysis.json'] as Record<
      string,
      { facets: Record<string, { value_or_threshold: string; metrics: Record<string, unknown>[] }[]> }
    >
  )['post_training_bias_metrics'] ?? { facets: {} };
  expect(facets['age']?.map((one) => one.value_or_threshold)).toEqual(['(40, 69]']);
  expect(facets['region']?.map((one) => one.value_or_threshold)).toEqual(['r0', 'r1', 'r2']);
  const metrics = facets['age']?.[0]?.metrics ?? [];
  expect(metrics.filter((metric) => 'error' in metric)).toEqual([
    { name: 'FT', description: 'Flip Test (FT)', error: expect.stringMatching(/non-numeric column sex/) },
  ]);
});

test('every mistake in the options is told at once', () => {
  const read = biasAnalyzer.parseOptions({
    lable: 'x',
    probability_threshold: 2,
    methods: { pre_training_bias: { methods: ['XX'] } },
    label: 'y',
  });
  expect('problems' in read && read.problems.map(({ option }) => option)).toEqual([
    'lable',
    'methods.pre_training_bias.methods',
    'facet',
    'label_values_or_threshold',
  ]);
});

test('the two rules of drift disagree where an interval still touches the range, and a ratio is as far below 1 as above', () => {
  const acs = { baseline: 0.0369, live: 0.0442, interval: [0.0368, 0.0516], neutral: 0 } as const;
  expect(biasDrift({ ...acs, rule: 'interval' })).toMatchObject({ isDrift: false, byInterval: false, byPoint: true });
  expect(biasDrift({ ...acs, rule: 'point' })).toMatchObject({ isDrift: true, decidedBy: 'point' });
  expect(biasDrift({ ...acs, interval: null, rule: 'interval' })).toMatchObject({ decidedBy: 'point' });
  const ratio = { baseline: 0.8, interval: null, neutral: 1, rule: 'point' } as const;
  expect(biasDrift({ ...ratio, live: 1.24 }).isDrift).toBe(false);
  expect(biasDrift({ ...ratio, live: 1.26 }).isDrift).toBe(true);
  expect(biasDrift({ ...ratio, live: 0.79 }).isDrift).toBe(true);
});
