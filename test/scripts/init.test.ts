import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from './run-main';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'sluice-init-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('sluice init', () => {
  test('writes a file that validates as it is, with and without a role in the environment', async () => {
    for (const [file, env] of [
      ['a.yaml', {}],
      ['b.yaml', { SLUICE_ROLE: 'arn:aws:iam::123456789012:role/reviews' }],
    ] as const) {
      expect(await run(['init', 'product-reviews', '--out', file], { cwd, env })).toMatchObject({ code: 0, err: '' });
      const { code, out } = await run(['validate', file], { cwd, env });
      expect({ code, out }).toEqual({
        code: 0,
        out: `${file} is valid: v1 on product-reviews: canary 10 % → promote\n`,
      });
      const lines = (await readFile(path.join(cwd, file), 'utf8')).split('\n');
      expect(lines.filter((line) => line !== '' && !line.startsWith('#')).length).toBeLessThanOrEqual(5);
    }
  });

  test('overwrites nothing', async () => {
    await run(['init', 'product-reviews', '--out', 'kept.yaml'], { cwd });
    const before = await readFile(path.join(cwd, 'kept.yaml'), 'utf8');
    const { code, err } = await run(['init', 'other', '--out', 'kept.yaml'], { cwd });
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('it is there already') });
    expect(await readFile(path.join(cwd, 'kept.yaml'), 'utf8')).toBe(before);
  });

  test('a name that SageMaker would refuse writes nothing', async () => {
    const { code, err } = await run(['init', 'no_such name', '--out', 'bad.yaml'], { cwd });
    expect(code).toBe(2);
    expect(err).toContain('Nothing was changed.');
    await expect(readFile(path.join(cwd, 'bad.yaml'), 'utf8')).rejects.toThrow(/ENOENT/);
  });
});
