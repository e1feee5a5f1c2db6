import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { run } from './run-main';

const MODULES = path.resolve(__dirname, '../../node_modules');

describe('sluice image build', () => {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'sluice-image-test-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  test('lays out a program that runs with the packages that it names, and nothing else of ours', async () => {
    const { code } = await run(['image', 'build', '--context', 'image'], { cwd });
    expect(code).toBe(0);
    const { dependencies } = JSON.parse(readFileSync(path.join(cwd, 'image/package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const own = [
      '@duckdb',
      '@jmespath-community',
      'detect-libc',
      'is-any-array',
      'ml-array-max',
      'ml-array-min',
      'ml-array-rescale',
      'ml-matrix',
    ];
    mkdirSync(path.join(cwd, 'image/node_modules'));
    for (const name of own) symlinkSync(path.join(MODULES, name), path.join(cwd, 'image/node_modules', name));
    for (const [name, version] of Object.entries(dependencies)) {
      const installed = JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8')) as {
        readonly version: string;
      };
      expect([name, version]).toEqual([name, installed.version]);
    }
    const base = path.join(cwd, 'opt/ml');
    mkdirSync(path.join(base, 'processing/input'), { recursive: true });
    const rows = Array.from({ length: 200 }, (_, n) => `${n},${n % 3 === 0 ? 'red' : 'blue'}`);
    writeFileSync(path.join(base, 'processing/input/a.csv'), `size,colour\n${rows.join('\n')}\n`);
    const said = execFileSync(process.execPath, [path.join(cwd, 'image/dist/monitors/container/main.js')], {
      env: {
        SAGEMAKER_BASE_DIR: base,
        dataset_format: '{"csv":{"header":true}}',
        dataset_source: '/opt/ml/processing/input',
        output_path: '/opt/ml/processing/output',
      },
    });
    expect(said.toString()).toBe('Completed: Job completed successfully with no violations.\n');
    expect(existsSync(path.join(base, 'processing/output/statistics.json'))).toBe(true);
    expect(readFileSync(path.join(base, 'output/message'), 'utf8')).toMatch(/^Completed: /);
  });

  test('builds with the engine that is there, and says what to do where there is none', async () => {
    const bin = path.join(cwd, 'bin');
    mkdirSync(bin);
    expect(await run(['image', 'build'], { cwd, env: { PATH: bin } })).toMatchObject({
      code: 2,
      err: expect.stringContaining('sluice image build --context <dir>'),
    });
    writeFileSync(
      path.join(bin, 'podman'),
      `#!/bin/sh\necho "$@" > ${cwd}/asked\nfor last; do :; done\n/bin/cp "$last/Dockerfile" ${cwd}/built\n`
    );
    chmodSync(path.join(bin, 'podman'), 0o755);
    const built = await run(['image', 'build', '--tag', 'mine:3'], { cwd, env: { PATH: bin } });
    expect([built.code, built.out]).toEqual([0, expect.stringContaining('mine:3 is built.')]);
    expect(readFileSync(path.join(cwd, 'asked'), 'utf8')).toMatch(/^build --platform linux\/amd64 --tag mine:3 \S+\n$/);
    expect(readFileSync(path.join(cwd, 'built'), 'utf8')).toContain('dist/monitors/container/main.js');
  });
});
