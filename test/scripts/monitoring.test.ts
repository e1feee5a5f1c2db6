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

  test('as a page and as Markdown the report is for people: features before and now, what failed, what is wrong with the data', async () => {
    const rows = (shift: number) =>
      Array.from({ length: 400 }, (_, n) => `${(n % 50) + shift},${n % 3 > 0 ? 'red' : 'blue'}`);
    writeFileSync(path.join(cwd, 'before.csv'), `age,colour\n${rows(0).join('\n')}\n`);
    writeFileSync(path.join(cwd, 'after.csv'), `age,colour\n${rows(30).join('\n')}\n1\n`);
    await run(['baseline', 'before.csv', '-o', 'looks'], { cwd });
    const pages = ['--html', 'page.html', '--markdown', 'page.md'];
    const { code, out } = await run(['check', 'after.csv', '--baseline', 'looks', ...pages], { cwd });
    expect([code, out]).toEqual([14, expect.stringContaining('page: page.html, page.md')]);
    const [html, markdown] = ['page.html', 'page.md'].map((name) => readFileSync(path.join(cwd, name), 'utf8'));
    expect(html).toContain('after.csv against looks: fail');
    expect(html).toContain('aria-label="age: baseline and now, 0 to 79"');
    expect(html).toContain('aria-label="colour: baseline and now, by value"');
    expect(html).toContain('after.csv:402');
    expect(markdown).toMatch(/^## after.csv against looks: fail\n.*\| ✗ \| age \| baseline.*wrongColumnCount/s);
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

  test('a model is asked why it answers as it does: its own baseline passes, one that leans on another feature exits with 14', async () => {
    const people = Array.from({ length: 60 }, (_, n) => `${(n * 37) % 100},${(n * 53) % 100},${n % 2}`);
    writeFileSync(path.join(cwd, 'people.csv'), `age,income,approved\n${people.join('\n')}\n`);
    const scorer = path.resolve('test/support/scorer.js');
    const asking = (leans: number) => ['--model', `LEANS=${leans} exec "${process.execPath}" "${scorer}"`];
    const how = ['--kind', 'attribution', '-O', 'label=approved', '-O', 'rows=20'];
    const made = await run(['baseline', 'people.csv', ...how, ...asking(0), '-o', 'why'], { cwd });
    expect({ code: made.code, err: made.err }).toEqual({ code: 0, err: '' });
    const same = await run(['check', 'people.csv', '--baseline', 'why', ...asking(0)], { cwd });
    expect({ code: same.code, out: same.out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('attribution: PASS'),
    });
    expect((await run(['check', 'people.csv', '--baseline', 'why', ...asking(1)], { cwd })).code).toBe(14);
    const without = await run(['check', 'people.csv', '--baseline', 'why'], { cwd });
    expect(without).toMatchObject({ code: 2, err: expect.stringMatching(/need the model/) });
    const broken = await run(['check', 'people.csv', '--baseline', 'why', '--model', 'exit 5'], { cwd });
    expect(broken).toMatchObject({ code: 2, err: expect.stringMatching(/command ended with 5/) });
  });

  test('bias is read from Clarify’s own analysis_config.json, and its drift exits with 14', async () => {
    const rows = (unfair: boolean) =>
      Array.from({ length: 400 }, (_, n) => {
        const [sex, label] = [n % 2, n % 5 < 3 ? 1 : 0];
        return `${sex},${label},${unfair && sex === 1 && n % 3 > 0 ? 0 : label}`;
      }).join('\n');
    writeFileSync(path.join(cwd, 'fair.csv'), `sex,label,said\n${rows(false)}\n`);
    writeFileSync(path.join(cwd, 'unfair.csv'), `sex,label,said\n${rows(true)}\n`);
    const config = {
      ...{ version: '1.0', dataset_type: 'text/csv', headers: ['sex', 'label', 'said'], label: 'label' },
      ...{
        label_values_or_threshold: [1],
        predicted_label: 'said',
        facet: [{ name_or_index: 0, value_or_threshold: [1] }],
      },
      methods: { post_training_bias: { methods: ['DPPL', 'DI', 'RD'] }, report: { name: 'report' } },
    };
    writeFileSync(path.join(cwd, 'analysis_config.json'), JSON.stringify(config));
    await run(['baseline', 'fair.csv', '--kind', 'bias', '--options', 'analysis_config.json', '-o', 'bias'], { cwd });
    expect((await run(['check', 'fair.csv', '--baseline', 'bias'], { cwd })).code).toBe(0);
    const unfair = await run(['check', 'unfair.csv', '--baseline', 'bias'], { cwd });
    expect(unfair.code).toBe(14);
    expect(unfair.out).toMatch(/sex=1 DPPL/);
  });
});
