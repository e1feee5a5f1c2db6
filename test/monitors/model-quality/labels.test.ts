import { describe, expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import type { Columns } from '../../../bench/peers/dataset';
import { formatGroundTruth } from '../../../gateway/ground-truth';
import { qualityAnalyzer } from '../../../monitors/model-quality/analyzer';
import type { QualityOptions } from '../../../monitors/model-quality/options';
import type { Artefacts, Checked, Json } from '../../../monitors/types';

const HOUR = 3_600_000;
const noon = Date.UTC(2026, 4, 4, 12);

function optionsOf(raw: Readonly<Record<string, Json>>): QualityOptions {
  const parsed = qualityAnalyzer.parseOptions(raw);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.options;
}

/** Requests of one hour, alternating between two variants; every third prediction is wrong. */
function captured(n: number): Columns & { readonly truth: readonly string[] } {
  const numbers = Array.from({ length: n }, (_, i) => i);
  const truth = numbers.map((i) => ['good', 'bad', 'so, "so"'][i % 3 === 0 ? 2 : i % 2] ?? '');
  return {
    truth,
    cells: { answer: truth.map((label, i) => (i % 3 === 1 ? 'bad' : label)) },
    ids: numbers.map((i) => `request-${i}`),
    atMs: numbers.map((i) => noon + Math.floor((i * HOUR) / n)),
    variants: numbers.map((i) => (i % 2 === 0 ? 'old' : 'new')),
  };
}

/** Writes ground-truth files by their hour of collection and checks what is there at `asOfMs`. */
async function checkWith(
  columns: Columns,
  p: {
    readonly files: Readonly<Record<string, string>>;
    readonly asOfMs: number;
    readonly options?: Readonly<Record<string, Json>>;
    readonly baseline?: Artefacts;
    readonly shards?: boolean;
    readonly carried?: Json;
  }
): Promise<{ readonly checked: Checked; readonly bytes: string }> {
  return withDataset(columns, async ({ work, dataset, dir, state }) => {
    const labels = path.join(dir, 'labels');
    for (const [name, text] of Object.entries(p.files)) {
      await mkdir(path.dirname(path.join(labels, name)), { recursive: true });
      await writeFile(path.join(labels, name), text);
    }
    const raw = { problem: 'MulticlassClassification', prediction: 'answer', groundTruth: labels, leastRows: 10 };
    const options = optionsOf({ ...raw, ...p.options });
    const own = { ...work, asOfMs: p.asOfMs, ...(p.carried !== undefined && { carried: p.carried }) };
    const whole = path.join(dir, 'whole');
    await mkdir(whole);
    if (p.shards === true) {
      const parts: string[] = [];
      for (const part of [2, 0, 1]) {
        const folder = path.join(dir, `part-${part}`);
        await mkdir(folder);
        await work.db.run(`CREATE OR REPLACE TABLE part AS SELECT * FROM data WHERE _line % 3 = ${part}`);
        await qualityAnalyzer.digest(own, { ...dataset, table: 'part' }, { options, dir: folder });
        parts.push(folder);
      }
      await qualityAnalyzer.merge(own, parts, whole);
    } else await qualityAnalyzer.digest(own, dataset, { options, dir: whole });
    const artefacts = p.baseline ?? (await qualityAnalyzer.baseline(own, state(whole), options));
    const checked = await qualityAnalyzer.check(own, state(whole), {
      options,
      baseline: { artefacts, stateDir: null },
    });
    return { checked, bytes: (await readFile(path.join(whole, 'pairs.parquet'))).toString('base64') };
  });
}

const hourFolder = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 13).replace('T', '-').replaceAll('-', '/');

const linesOf = (ids: readonly string[], truth: readonly string[]): string =>
  ids.map((inferenceId, i) => formatGroundTruth({ inferenceId, label: truth[i] ?? '' })).join('');

const accuracy = ({ artefacts }: Checked): Json => {
  const statistics = artefacts['statistics.json'] as Record<string, Record<string, Record<string, Json>>>;
  return statistics['multiclass_classification_metrics']?.['accuracy']?.['value'] ?? null;
};

describe('labels that come late, in part, twice and broken', () => {
  const columns = captured(600);
  const { truth, ids = [] } = columns;

  test('of a window half labelled now and fully later, each look says what was known then, and how fast labels come', async () => {
    const early = { [`${hourFolder(noon + HOUR)}/a.jsonl`]: linesOf(ids.slice(0, 300), truth) };
    const late = { ...early, [`${hourFolder(noon + 5 * HOUR)}/b.jsonl`]: linesOf(ids.slice(300), truth.slice(300)) };
    const first = await checkWith(columns, { files: late, asOfMs: noon + 2 * HOUR });
    const second = await checkWith(columns, { files: late, asOfMs: noon + 9 * HOUR });
    expect(first.checked.report.rows).toEqual({ read: 600, used: 300 });
    expect(second.checked.report.rows.used).toBe(600);
    expect(first.checked.report.issues).toMatchObject([{ kind: 'noLabel', count: 300, first: { line: 301 } }]);
    expect(second.checked.report.issues).toEqual([]);
    expect(accuracy(second.checked)).toBeCloseTo(1 - 100 / 600, 12);
    const maturity = second.checked.artefacts['label-maturity.json'] as {
      readonly curves: readonly {
        readonly variant: string;
        readonly medianMs: number;
        readonly points: readonly { readonly ageMs: number; readonly share: number }[];
      }[];
    };
    expect(maturity.curves.map(({ variant }) => variant)).toEqual(['new', 'old']);
    const within = (ageMs: number) => maturity.curves[0]?.points.find((point) => point.ageMs === ageMs)?.share;
    expect(within(HOUR)).toBe(0);
    expect(within(2 * HOUR)).toBeCloseTo(0.5, 2);
  });

  test('duplicated labels count once, the first of them; broken lines and labels without a prediction change nothing', async () => {
    const clean = linesOf(ids, truth);
    const name = `${hourFolder(noon + HOUR)}/labels.jsonl`;
    const again = `${hourFolder(noon + 3 * HOUR)}/again.jsonl`;
    const noise = `${formatGroundTruth({ inferenceId: 'nobody', label: 'good' })}not json\n[1]\n{"groundTruthData":{"da`;
    const wrong = linesOf(ids.slice(0, 40), Array<string>(40).fill('bad'));
    const asOfMs = noon + 9 * HOUR;
    const plain = await checkWith(columns, { files: { [name]: clean }, asOfMs });
    const noisy = await checkWith(columns, { files: { [name]: clean, [again]: wrong + noise }, asOfMs });
    expect(noisy.checked.artefacts['statistics.json']).toEqual(plain.checked.artefacts['statistics.json']);
    expect(noisy.bytes).toBe(plain.bytes);
    expect(noisy.checked.report.issues.map(({ kind, count, first }) => [kind, count, first.line])).toEqual([
      ['duplicateId', 40, 1],
      ['notJson', 3, 42],
    ]);
  });

  test('three shards that each read all labels come to the very bytes of one', async () => {
    const files = { [`${hourFolder(noon + HOUR)}/a.jsonl`]: linesOf(ids.slice(0, 500), truth) };
    const one = await checkWith(columns, { files, asOfMs: noon + 9 * HOUR });
    const three = await checkWith(columns, { files, asOfMs: noon + 9 * HOUR, shards: true });
    expect(three.bytes).toBe(one.bytes);
    expect(three.checked).toEqual(one.checked);
  });

  test('labels in JSON, in base64, and by row of a request are read', async () => {
    const data = (id: string, encoding: string, text: string) =>
      `${JSON.stringify({ groundTruthData: { data: text, encoding }, eventMetadata: { eventId: id }, eventVersion: '0' })}\n`;
    const label = (i: number) => truth[i] ?? '';
    const text =
      data('request-0', 'JSON', JSON.stringify({ truth: label(0), other: 'x' })) +
      data('request-1', 'JSON', JSON.stringify(label(1))) +
      data('request-2', 'BASE64', Buffer.from(label(2)).toString('base64')) +
      data('request-3', 'CSV', `"${label(3).replaceAll('"', '""')}"\r\nsomething else\r\n`);
    const files = { [`${hourFolder(noon + HOUR)}/a.jsonl`]: text };
    const { checked } = await checkWith(captured(4), { files, asOfMs: noon + HOUR, options: { label: 'truth' } });
    expect(checked.report.rows.used).toBe(4);
    expect(accuracy(checked)).toBe(1);
    expect(checked.report.verdict).toBe('inconclusive');
    expect(checked.report.issues).toMatchObject([{ kind: 'base64', count: 1 }]);
  });
});

describe('a baseline and later windows', () => {
  const asOfMs = noon + 9 * HOUR;
  const columns = captured(900);
  const { truth, ids = [] } = columns;
  const files = { [`${hourFolder(noon + HOUR)}/a.jsonl`]: linesOf(ids, truth) };
  const worse = {
    ...columns,
    cells: { answer: truth.map((label, i) => (i % 3 === 1 || i % 4 === 0 ? 'bad' : label)) },
  };

  async function baselineOf(): Promise<Artefacts> {
    return withDataset({ ...columns, cells: { ...columns.cells, truth } }, async ({ work, dataset, dir, state }) => {
      const options = optionsOf({ problem: 'MulticlassClassification', prediction: 'answer', label: 'truth' });
      const own = path.join(dir, 'own');
      await mkdir(own);
      await qualityAnalyzer.digest(work, dataset, { options, dir: own });
      return qualityAnalyzer.baseline(work, state(own), options);
    });
  }

  test('the same quality passes where SageMaker’s rule would be a coin; worse quality is a violation in its shape', async () => {
    const baseline = await baselineOf();
    const same = await checkWith(columns, { files, asOfMs, baseline });
    expect(same.checked.report.verdict).toBe('pass');
    expect(same.checked.artefacts['constraint_violations.json']).toEqual({ violations: [] });
    const bad = await checkWith(worse, { files, asOfMs, baseline });
    expect(bad.checked.report.verdict).toBe('fail');
    expect(bad.checked.artefacts['constraint_violations.json']).toMatchObject({
      violations: expect.arrayContaining([
        {
          constraint_check_type: 'LessThanThreshold',
          description: expect.stringMatching(/^Metric accuracy with 0\.\d+ was LessThanThreshold 0\.\d+$/),
          metric_name: 'accuracy',
        },
      ]),
    });
  });

  test('constraints that SageMaker alone has written are enough, and too few labels conclude nothing', async () => {
    const constraints = {
      version: 0,
      multiclass_classification_constraints: {
        accuracy: { threshold: 0.9, comparison_operator: 'LessThanThreshold' },
        weighted_f1: { threshold: 0.1, comparison_operator: 'LessThanThreshold' },
      },
    };
    const some = await checkWith(worse, { files, asOfMs, baseline: { 'constraints.json': constraints } });
    expect(some.checked.report.checks.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['accuracy', 'fail'],
      ['weighted_f1', 'pass'],
    ]);
    const few = { [`${hourFolder(noon + HOUR)}/a.jsonl`]: linesOf(ids.slice(0, 7), truth) };
    const none = await checkWith(worse, { files: few, asOfMs, baseline: { 'constraints.json': constraints } });
    expect(none.checked.report.verdict).toBe('inconclusive');
    expect(none.checked.report.checks[0]?.reason).toMatch(/over 7 labelled rows.*3 more labelled rows are needed/);
    await expect(
      checkWith(columns, { files, asOfMs, baseline: { 'constraints.json': { version: 0 } } })
    ).rejects.toThrow(/no multiclass_classification_constraints/);
  });

  test('a window enters the bets over all windows once, however often it is looked at', async () => {
    const baseline = await baselineOf();
    const first = await checkWith(worse, { files, asOfMs, baseline });
    const again = await checkWith(worse, {
      files,
      asOfMs,
      baseline,
      ...(first.checked.carry !== undefined && { carried: first.checked.carry }),
    });
    expect(first.checked.carry).toBeDefined();
    expect(again.checked.carry).toEqual(first.checked.carry);
  });

  test('every mistake in the options is told at once', () => {
    expect(qualityAnalyzer.parseOptions({ problem: 'Clustering', level: 2, threshold: 1 })).toMatchObject({
      problems: [{ option: 'threshold' }, { option: 'problem' }, { option: 'level' }, { option: 'prediction' }],
    });
  });
});
