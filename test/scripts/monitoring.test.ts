import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from './run-main';

/** Scored answers with their labels; `wrong` of every ten are not as the label. */
function scored(rows: number, wrong: number): string {
  const lines = Array.from({ length: rows }, (_, n) => {
    const label = (n * 7) % 3 === 0 ? 1 : 0;
    const prediction = n % 10 < wrong ? 1 - label : label;
    return `${label},${prediction},${prediction === 1 ? '0.9' : '0.1'}`;
  });
  return `label,prediction,score\n${lines.join('\n')}\n`;
}

const QUALITY = [
  '--kind',
  'modelQuality',
  '-O',
  'problem=BinaryClassification',
  '-O',
  'label=label',
  '-O',
  'prediction=prediction',
];

describe('sluice baseline and sluice check', () => {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'sluice-offline-test-'));
  beforeAll(() => {
    writeFileSync(path.join(cwd, 'train.csv'), scored(2_000, 1));
    writeFileSync(path.join(cwd, 'same.csv'), scored(2_000, 1).replace('\n', '\nlabel,prediction,score\n1,2,3,4\n'));
    writeFileSync(path.join(cwd, 'worse.csv'), scored(2_000, 4));
    writeFileSync(path.join(cwd, 'few.csv'), scored(10, 1));
    mkdirSync(path.join(cwd, 'empty'));
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  test('a baseline is SageMaker’s files and the state; a check of worse data exits with 14, of the same with 0, of too little with 12', async () => {
    const made = await run(['baseline', 'train.csv', ...QUALITY, '-o', 'baseline'], { cwd });
    expect({ code: made.code, err: made.err }).toEqual({ code: 0, err: '' });
    expect(made.out).toContain(
      'modelQuality: a baseline of 2,000 rows and 3 columns: statistics.json, constraints.json'
    );
    expect(readdirSync(path.join(cwd, 'baseline'))).toEqual(
      expect.arrayContaining(['constraints.json', 'reading.json', 'state', 'statistics.json'])
    );
    const check = (file: string, ...more: string[]) => run(['check', file, '--baseline', 'baseline', ...more], { cwd });
    const worse = await check('worse.csv', '-o', 'found');
    expect(worse.code).toBe(14);
    expect(worse.out).toMatch(/^modelQuality: FAIL .*accuracy/s);
    const found = JSON.parse(readFileSync(path.join(cwd, 'found/constraint_violations.json'), 'utf8')) as {
      readonly violations: readonly { readonly metric_name: string }[];
    };
    expect(found.violations.map(({ metric_name }) => metric_name)).toContain('accuracy');
    const same = await check('same.csv');
    expect(same.code).not.toBe(14);
    expect(same.out).toContain('wrongColumnCount');
    expect(same.out).toContain('same.csv:3 (4 cells, expected 3)');
    expect((await check('few.csv')).code).toBe(12);
  });

  test('as JSON it prints the report, or SageMaker’s violations; twice the same bytes', async () => {
    await run(['baseline', 'train.csv', ...QUALITY, '-o', 'baseline2'], { cwd });
    const report = (...more: string[]) =>
      run(['check', 'worse.csv', '--baseline', 'baseline2', '--json', ...more], { cwd });
    const first = await report();
    expect(JSON.parse(first.out)).toMatchObject({
      monitor: 'modelQuality',
      verdict: 'fail',
      rows: { read: 2_000, used: 2_000 },
    });
    expect((await report()).out).toBe(first.out);
    expect(Object.keys(JSON.parse((await report('--format', 'modelmonitor')).out))).toContain('violations');
  });

  test('what is wrong with the command is said at once, with a remedy', async () => {
    const problems = await run(['baseline', 'train.csv', '--kind', 'modelQuality', '-O', 'problem=Maybe', '-o', 'b'], {
      cwd,
    });
    expect(problems.code).toBe(2);
    expect(problems.err).toContain('problem');
    expect(problems.err).toContain('prediction');
    for (const [args, said] of [
      [['check', 'trian.csv', '--baseline', 'baseline'], 'Did you mean train.csv?'],
      [['check', 'train.csv', '--baseline', 'empty'], 'empty holds no baseline'],
      [['check', 'train.csv', '--baseline', 'baseline', '--kind', 'modelQualty'], 'Did you mean modelQuality?'],
      [['baseline', 'empty', ...QUALITY, '-o', 'b'], 'Cannot tell how empty is written'],
      [['baseline', 'train.csv', ...QUALITY], 'Say where to write the baseline'],
    ] as const) {
      const { code, err } = await run([...args], { cwd });
      expect([code, err]).toEqual([2, expect.stringContaining(said)]);
    }
  });
});
