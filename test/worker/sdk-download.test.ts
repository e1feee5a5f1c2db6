import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { silentLog } from '../../worker/log';
import { cachedPath, sdkVersion } from '../../worker/server/cache';
import type { Platform } from '../../worker/server/platform';
import { sdkDownloadSource } from '../../worker/server/sources/sdk-download';
import { fakeCli, tarOf, temporaryFolder } from './support/fake-binaries';
import { serve } from './support/local-server';
import { LINUX } from './support/unpinned';

async function install(
  base: string,
  { platform = LINUX, answerMs = 60_000 }: { platform?: Platform; answerMs?: number } = {}
) {
  const env = { XDG_CACHE_HOME: await temporaryFolder() };
  const transport = { env, answerMs, idleMs: 60_000 };
  const source = sdkDownloadSource({ base: new URL(base), env, platform, transport, log: silentLog });
  const found = await source.find('cli');
  const target = cachedPath('cli', { origin: 'sdk', env, platform });
  return { found, target, left: await readdir(path.dirname(target)).catch(() => []) };
}

/** Temporal's download service in small: one answer that names an archive, and the archive behind a redirect. */
function service(archive: Buffer, { name, fileToExtract }: { readonly name: string; readonly fileToExtract: string }) {
  return serve((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://any.invalid');
    if (pathname === '/cli/default') response.end(JSON.stringify({ archiveUrl: `/assets/${name}`, fileToExtract }));
    else if (pathname === `/assets/${name}`) response.writeHead(302, { location: `/mirror/${name}` }).end();
    else response.writeHead(200, { 'content-length': archive.length }).end(archive);
  });
}

describe('Temporal’s own download', () => {
  test('is asked as the SDK asks, and unpacked from a tar archive', async () => {
    const { url, requests } = await service(tarOf('temporal', fakeCli()), {
      name: 'temporal_cli.tar.gz',
      fileToExtract: 'temporal',
    });
    const { found, target } = await install(url);
    expect(found).toEqual({ outcome: 'binary', path: target, version: '1.9.1' });
    expect(await readFile(target)).toEqual(fakeCli());
    expect(requests[0]).toBe(
      `/cli/default?arch=amd64&platform=linux&format=tar.gz&sdk-name=sdk-typescript&sdk-version=${sdkVersion}`
    );
  });

  test('is unpacked from a zip archive', async () => {
    const archive = Buffer.from(zipSync({ LICENSE: Buffer.from('…'), 'bin/temporal': fakeCli() }));
    const { url } = await service(archive, { name: 'temporal_cli.zip', fileToExtract: 'bin/temporal' });
    expect((await install(url)).found).toMatchObject({ outcome: 'binary', version: '1.9.1' });
  });

  test('gives up on a site that a firewall swallows, and says how long it waited', async () => {
    const { url } = await serve(() => undefined);
    const { found } = await install(url, { answerMs: 50 });
    expect(found).toEqual({ outcome: 'absent', reason: expect.stringContaining('no answer within 50 ms') });
  });

  test.each([
    ['an error page', 500, 'oops', /answered 500/],
    ['a login page', 200, '<html>please sign in</html>', /JSON/],
    ['an unexpected answer', 200, '{"url": "x"}', /archiveUrl/],
  ])('reports %s', async (_what, status, body, reason) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end(body));
    const { found, left } = await install(url);
    expect(found).toEqual({ outcome: 'absent', reason: expect.stringMatching(reason) });
    expect(left).toEqual([]);
  });

  test.each([
    ['cut short', (whole: Buffer) => whole.subarray(0, whole.length - 30)],
    ['without the executable', () => tarOf('README', Buffer.from('hello'))],
    ['that is no archive', () => Buffer.from('<html>please sign in</html>')],
  ])('leaves nothing behind of an archive %s', async (_what, spoil) => {
    const archive = spoil(tarOf('temporal', fakeCli()));
    const { url } = await service(archive, { name: 'temporal_cli.tar.gz', fileToExtract: 'temporal' });
    const { found, left } = await install(url);
    expect(found).toEqual({ outcome: 'absent', reason: expect.stringMatching(/cannot be unpacked|does not work/) });
    expect(left).toEqual([]);
  });

  test('follows no redirect in a circle', async () => {
    const { url } = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    expect((await install(url)).found).toEqual({
      outcome: 'absent',
      reason: expect.stringContaining('redirects in a circle'),
    });
  });
});
