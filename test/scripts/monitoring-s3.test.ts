import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runMonitor } from '../../activities/monitoring/run-monitor';
import type { MonitorReport } from '../../monitors/types';
import { captured } from '../monitors/data/files';
import type { TestSandbox } from '../support/sandbox/harness';
import { startTestSandbox } from '../support/sandbox/harness';
import { run } from './run-main';

const FOLDER = 'captured/e/v1/2030/01/07/00';
const FROM_MS = Date.parse('2030-01-07T00:00:00Z');
const cwd = mkdtempSync(path.join(os.tmpdir(), 'sluice-s3-test-'));
let box: TestSandbox;
const before = { ...process.env };

beforeAll(async () => {
  box = await startTestSandbox();
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL: box.sandbox.url, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  await box.s3.createBucket({ Bucket: 'data' });
  const rows = Array.from({ length: 300 }, (_, n) => ({ size: n % 40, colour: n % 3 === 0 ? 'red' : 'blue' }));
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  const csv = ['size,colour', ...rows.map(({ size, colour }) => `${size},${colour}`)].join('\n');
  await put('train/rows.csv', csv);
  await put('rows.jsonl', lines);
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const file = path.join(cwd, 'rows.parquet');
  await db.run(
    `COPY (SELECT (i % 40)::INTEGER AS size, CASE WHEN i % 3 = 0 THEN 'red' ELSE 'blue' END AS colour FROM range(300) t(i)) TO '${file}'`
  );
  db.closeSync();
  await put('rows.parquet', readFileSync(file));
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(cwd, { recursive: true, force: true });
  await box.stop();
});

const put = (key: string, body: string | Uint8Array) =>
  box.s3.putObject({ Bucket: 'data', Key: key, Body: typeof body === 'string' ? Buffer.from(body) : body });

describe('data in S3', () => {
  test('makes a baseline, from a prefix, that lies in S3 itself; CSV, JSON lines and Parquet are checked against it', async () => {
    const made = await run(['baseline', 's3://data/train/', '-o', 'base'], { cwd });
    expect({ code: made.code, err: made.err }).toEqual({ code: 0, err: '' });
    expect(made.out).toContain('a baseline of 300 rows and 2 columns');
    for (const name of ['statistics.json', 'constraints.json'])
      await put(`base/${name}`, readFileSync(path.join(cwd, 'base', name)));
    for (const uri of ['s3://data/train/rows.csv', 's3://data/rows.jsonl', 's3://data/rows.parquet'])
      for (const baseline of ['base', 's3://data/base']) {
        const { code, out } = await run(['check', uri, '--baseline', baseline, '--json'], { cwd });
        const report = JSON.parse(out) as MonitorReport;
        expect([uri, code, report.verdict, report.rows.used]).toEqual([uri, 0, 'pass', 300]);
        expect(report.evidence.map(({ source }) => source)).toEqual([uri]);
      }
  });

  test('that is not there, and a bucket that nobody has, are mistakes with a sentence', async () => {
    expect(await run(['check', 's3://data/none/', '--baseline', 'base'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no object at or below s3://data/none/.'),
    });
    expect(await run(['check', 's3://nowhere/x', '--baseline', 'base'], { cwd })).toMatchObject({ code: 3 });
    expect(await run(['check', 's3://data/rows.jsonl', '--baseline', 's3://data/none'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('s3://data/none'),
    });
  });
});

describe('data that is bad in every way', () => {
  const good = (n: number, more: object = {}) =>
    captured({ event: `e${n}`, output: '0.5', input: `${n % 40},${n % 7}.5`, ...more });
  const packed = (bytes: Buffer) => {
    const record = JSON.parse(good(900, { event: bytes.toString('hex') })) as { captureData: Record<string, object> };
    record.captureData['endpointInput'] = {
      ...record.captureData['endpointInput'],
      encoding: 'BASE64',
      data: bytes.toString('base64'),
    };
    return JSON.stringify(record);
  };
  const many = Array.from({ length: 200 }, (_, n) => good(n));
  const bad = [
    ...[
      good(3),
      good(4).slice(0, 60),
      '[1, 2]',
      'nonsense',
      '',
      packed(Buffer.from('9,1.5')),
      packed(Buffer.from([0, 255, 3])),
    ],
    ...[captured({ event: 'no-out', input: '7,1.5' }), captured({ event: 'h', output: 'score', input: 'size,weight' })],
    ...[good(901, { input: 'NaN,-inf' }), good(902, { input: Array.from({ length: 100_000 }, (_, n) => n).join(',') })],
    ...[
      good(903, { at: '2030-01-07T00:59:00Z' }),
      good(904, { at: 'yesterday' }),
      good(905, { at: '2030-01-06T23:40:00Z' }),
    ],
  ];
  const EXPECTED = {
    ...{
      emptyObject: 1,
      notCapture: 1,
      truncatedLine: 1,
      notJson: 1,
      notUtf8: 2,
      base64: 2,
      noOutput: 1,
      notFinite: 2,
    },
    ...{ wrongColumnCount: 1, tooManyColumns: 1, headerRow: 1, duplicateId: 2, noTime: 1 },
  };
  beforeAll(async () => {
    await put(`${FOLDER}/a.jsonl`, `${many.join('\r\n')}\r\n${bad.join('\n')}\n`);
    await put(`${FOLDER}/b.jsonl`, '');
    await put(`${FOLDER}/c.jsonl`, Buffer.from(good(906), 'utf16le'));
    await put(
      `${FOLDER}/d.jsonl`,
      Buffer.concat([Buffer.from(`${good(7)}\n{"caf`), Buffer.from([0xe9]), Buffer.from('": 1}\n')])
    );
  });

  const NAMES = ['--names', 'score,size,weight'];

  test('is counted by kind with its first object and line, by baseline and check, offline and by the worker', async () => {
    const made = await run(['baseline', 's3://data/captured/', ...NAMES, '-o', 'bad'], { cwd });
    expect(made.code).toBe(0);
    const { out } = await run(['check', 's3://data/captured/', ...NAMES, '--baseline', 'bad', '--json'], { cwd });
    const report = JSON.parse(out) as MonitorReport;
    const counts = Object.fromEntries(report.issues.map(({ kind, count }) => [kind, count]));
    expect(counts).toEqual({ ...EXPECTED, clockSkew: 1 });
    for (const { kind, count, first } of report.issues) {
      expect(first.source).toMatch(new RegExp(`^s3://data/${FOLDER}/[a-d]\\.jsonl$`));
      expect(made.out).toMatch(new RegExp(`${kind} +${count} .*${first.source.replaceAll('.', '\\.')}`));
    }
    expect(report.issues.find(({ kind }) => kind === 'notFinite')?.first).toMatchObject({ line: 210, note: 'size' });
    const { read, used } = report.rows;
    expect(read - used).toBe(report.issues.reduce((sum, { unused }) => sum + unused, 0));

    const deps = {
      aws: { ...box, close: () => undefined } as never,
      ...{ now: () => FROM_MS + 7_200_000, heartbeat: () => undefined, scratchDir: path.join(cwd, 'scratch') },
    };
    const task = {
      ...{ monitor: 'dataQuality' as const, options: {}, reading: { names: ['score', 'size', 'weight'] } },
      data: { kind: 'captures', to: 's3://data/captured', endpoint: 'e', variants: null },
      window: { fromMs: FROM_MS, toMs: FROM_MS + 3_600_000 },
    } as const;
    const worker = await runMonitor(deps, { ...task, baseline: null, output: 's3://data/worker' });
    // What is skewed, or has no time, is outside of a window of the worker.
    expect(worker.issueCounts).toEqual({ ...EXPECTED, outsideWindow: 1 });
    const judged = await runMonitor(deps, { ...task, baseline: 's3://data/worker', output: 's3://data/judged' });
    expect(judged.issueCounts).toEqual(worker.issueCounts);
  });

  test('is no evidence where too little of it is left', async () => {
    await put('few/e/v1/2030/01/07/00/a.jsonl', bad.join('\n'));
    const { code, out } = await run(['check', 's3://data/few/', ...NAMES, '--baseline', 'bad'], { cwd });
    expect(code).toBe(12);
    expect(out).toMatch(/INCONCLUSIVE/);
  });
});
