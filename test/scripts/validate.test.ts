import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expectGolden } from '../support/golden';
import { run } from './run-main';
import type { Ran } from './run-main';

const cwd = path.join(__dirname, 'fixtures');

describe('sluice validate', () => {
  test('five mistakes are five problems, each with its place, what is allowed and the nearest name', async () => {
    const { code, out, err } = await run(['validate', 'five-mistakes.yaml'], { cwd });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expectGolden('scripts/golden/five-mistakes.txt', err.trimEnd());
    for (const line of [3, 5, 9, 13, 15]) expect(err).toMatch(new RegExp(`^five-mistakes\\.yaml:${line}:\\d+ `, 'm'));
    expect(err).toContain('5 problems in five-mistakes.yaml. Nothing was changed.');
  });

  test('the same problems as JSON, on the standard output', async () => {
    const { code, out, err } = await run(['validate', 'five-mistakes.yaml', '--json'], { cwd });
    expect({ code, err }).toEqual({ code: 2, err: '' });
    const { file, problems } = JSON.parse(out) as { file: string; problems: { line: number; nearest?: string }[] };
    expect(file).toBe('five-mistakes.yaml');
    expect(problems.map(({ line }) => line)).toEqual([3, 5, 9, 13, 15]);
    expect(problems.map(({ nearest }) => nearest)).toEqual(expect.arrayContaining(['artifact', 'quality', 'rollBack']));
  });

  test('options that a monitor cannot read are told with their place, all at once, before anything runs', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-validate-'));
    const text = await readFile(path.join(cwd, 'rollout.yaml'), 'utf8');
    const monitors = [
      'monitors:',
      '  - { kind: dataQuality, options: { minRow: 7 } }',
      '  - { kind: bias }',
      "  - { kind: modelQuality, options: { problem: Regression, minRows: 'many' } }",
    ];
    await writeFile(path.join(folder, 'r.yaml'), `${text.trimEnd()}\n${monitors.join('\n')}\n`);
    const { code, out, err } = await run(['validate', 'r.yaml'], { cwd: folder });
    const first = text.trimEnd().split('\n').length + 2;
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`^r\\.yaml:${first}:\\d+ .*dataQuality cannot be asked so: minRow`, 'm'));
    expect(err).toMatch(new RegExp(`^r\\.yaml:${first + 1}:\\d+ .*bias cannot be asked so: facet`, 'm'));
    expect(err).toMatch(new RegExp(`^r\\.yaml:${first + 2}:\\d+ .*modelQuality cannot be asked so: minRows`, 'm'));
    await rm(folder, { recursive: true });
  });

  test('a valid file is said to be valid, with the steps it means', async () => {
    expect(await run(['validate', 'rollout.yaml'], { cwd })).toEqual({
      code: 0,
      out: 'rollout.yaml is valid: v2 on product-reviews: canary 5 % → approval → canary 50 % → promote\n',
      err: '',
    });
  });

  test('a release file is checked with every rollout that it lists', async () => {
    const strategies = path.join(__dirname, '../../examples/strategies');
    const { code, out } = await run(['validate', 'release.yaml'], { cwd: strategies });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^release\.yaml is valid: release spring\n {2}1 {2}\S+ on \S+: canary .*\n {2}2 .*\n {2}2 .*\n$/
    );
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-validate-'));
    await writeFile(path.join(folder, 'typo.yaml'), 'release: x\nrollout: [a.yaml]\n');
    const listed = path.relative(folder, path.join(cwd, 'five-mistakes.yaml'));
    await writeFile(path.join(folder, 'r.yaml'), `release: x\nrollouts: ['${listed}']\n`);
    const bad = await run(['validate', 'r.yaml'], { cwd: folder });
    expect([bad.code, bad.out]).toEqual([2, '']);
    expect(bad.err).toContain('5 problems in');
    expect((await run(['validate', 'typo.yaml'], { cwd: folder })).err).toContain('Unknown `rollout`');
    await rm(folder, { recursive: true });
  });

  test('a valid file as JSON has its defaults filled in', async () => {
    const { out } = await run(['validate', 'rollout.yaml', '--json'], { cwd });
    expect(JSON.parse(out)).toMatchObject({
      problems: [],
      spec: { onInconclusive: 'hold', budget: { falseRollback: expect.any(Number) } },
    });
  });

  test.each([
    ['rolout.yaml', 'Cannot read rolout.yaml: there is no such file. Did you mean rollout.yaml?\n'],
    ['.', 'Cannot read .: it is a folder.\n'],
  ])('a file that cannot be read says so: %s', async (file, err) => {
    expect(await run(['validate', file], { cwd })).toEqual({ code: 2, out: '', err });
  });

  test('a role that the file leaves out comes from SLUICE_ROLE, and is missed without it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-validate-'));
    const text = await readFile(path.join(cwd, 'rollout.yaml'), 'utf8');
    await writeFile(path.join(folder, 'rollout.yaml'), text.replace(/^aws:.*$/m, ''));
    const validate = (env: Readonly<Record<string, string>>): Promise<Ran> =>
      run(['validate', 'rollout.yaml'], { cwd: folder, env });
    expect((await validate({ SLUICE_ROLE: 'arn:aws:iam::123456789012:role/reviews' })).code).toBe(0);
    const without = await validate({});
    expect(without.code).toBe(2);
    expect(without.err).toContain('SLUICE_ROLE');
    await rm(folder, { recursive: true });
  });
});
