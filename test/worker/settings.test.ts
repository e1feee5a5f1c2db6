import net from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { InvalidSetting, readWorkerConfig } from '../../worker/config';
import { parseIni, readPipConfig } from '../../worker/server/pip-config';
import { platformName, wheelFit, type Platform } from '../../worker/server/platform';
import { proxyFor, tunnel } from '../../worker/server/proxy';
import { temporaryFolder } from './support/fake-binaries';

describe('the worker’s settings', () => {
  test('have defaults, also for variables that are set to nothing', () => {
    expect(readWorkerConfig({ SLUICE_TASK_QUEUE: '' })).toEqual({
      taskQueue: 'sluice',
      logLevel: 'INFO',
      searchAttributes: 'on',
      pricesFile: null,
      deployment: null,
    });
  });

  test('are taken in any case', () => {
    const env = { SLUICE_TASK_QUEUE: 'gpu', SLUICE_LOG_LEVEL: 'debug', SLUICE_SEARCH_ATTRIBUTES: 'OFF' };
    expect(readWorkerConfig(env)).toEqual({
      taskQueue: 'gpu',
      logLevel: 'DEBUG',
      searchAttributes: 'off',
      pricesFile: null,
      deployment: null,
    });
  });

  test('that cannot be say which are allowed', () => {
    expect(() => readWorkerConfig({ SLUICE_LOG_LEVEL: 'chatty' })).toThrow(
      new InvalidSetting('SLUICE_LOG_LEVEL', 'chatty', ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'])
    );
  });
});

describe('pip’s settings', () => {
  const alone = { PIP_CONFIG_FILE: '/dev/null' };

  test('are PyPI when nothing is said', async () => {
    expect(await readPipConfig(alone)).toEqual({ indexes: ['https://pypi.org/simple'] });
  });

  test('come from the environment', async () => {
    const env = {
      ...alone,
      PIP_INDEX_URL: 'https://mirror/simple',
      PIP_EXTRA_INDEX_URL: 'https://a/simple https://b/simple',
      PIP_CERT: '/ca.pem',
      PIP_PROXY: 'http://proxy:3128',
    };
    expect(await readPipConfig(env)).toEqual({
      indexes: ['https://mirror/simple', 'https://a/simple', 'https://b/simple'],
      cert: '/ca.pem',
      proxy: 'http://proxy:3128',
    });
  });

  test('come from a file that the environment overrides', async () => {
    const file = path.join(await temporaryFolder(), 'pip.conf');
    await writeFile(file, '[global]\nindex-url = https://file/simple\ncert = /file.pem\n');
    const config = await readPipConfig({ PIP_CONFIG_FILE: file, PIP_CERT: '/env.pem', HOME: '/nowhere' });
    expect(config.cert).toBe('/env.pem');
  });

  test('can forbid any index', async () => {
    expect((await readPipConfig({ ...alone, PIP_NO_INDEX: '1' })).indexes).toEqual([]);
  });

  test('are read in pip’s dialect of INI', () => {
    const text =
      '# c\n[global]\nindex_url: https://a\nextra-index-url =\n    https://b\n    https://c\n; d\n[install]\nx=1\n';
    expect([...parseIni(text)]).toEqual([
      ['global.index-url', 'https://a'],
      ['global.extra-index-url', 'https://b https://c'],
      ['install.x', '1'],
    ]);
  });
});

describe('a wheel’s platform tag', () => {
  const table: [string, Platform, number | undefined][] = [
    ['manylinux2014_x86_64', { os: 'linux', arch: 'x64', libc: 'glibc' }, 0],
    ['manylinux_2_28_aarch64', { os: 'linux', arch: 'arm64', libc: 'glibc' }, 0],
    ['manylinux2014_x86_64', { os: 'linux', arch: 'arm64', libc: 'glibc' }, undefined],
    ['manylinux2014_x86_64', { os: 'linux', arch: 'x64', libc: 'musl' }, undefined],
    ['musllinux_1_1_x86_64', { os: 'linux', arch: 'x64', libc: 'musl' }, 0],
    ['musllinux_1_1_x86_64', { os: 'linux', arch: 'x64', libc: 'glibc' }, undefined],
    ['linux_x86_64', { os: 'linux', arch: 'x64', libc: 'musl' }, 0],
    ['macosx_10_9_x86_64', { os: 'darwin', arch: 'x64' }, 0],
    ['macosx_11_0_arm64', { os: 'darwin', arch: 'arm64' }, 0],
    ['macosx_11_0_arm64', { os: 'darwin', arch: 'x64' }, undefined],
    ['macosx_10_9_x86_64', { os: 'darwin', arch: 'arm64' }, 1],
    ['macosx_10_9_universal2', { os: 'darwin', arch: 'arm64' }, 0],
    ['win_amd64', { os: 'win32', arch: 'x64' }, 0],
    ['win_amd64', { os: 'win32', arch: 'arm64' }, 1],
    ['win_arm64', { os: 'win32', arch: 'x64' }, undefined],
    ['any', { os: 'linux', arch: 'x64', libc: 'glibc' }, 0],
  ];
  test.each(table.map(([tag, platform, fit]) => [tag, platformName(platform), platform, fit] as const))(
    '%s on %s',
    (tag, _name, platform, fit) => {
      expect(wheelFit(tag, platform)).toBe(fit);
    }
  );
});

describe('the proxy for an address', () => {
  const https = new URL('https://files.pythonhosted.org/x');

  test.each([
    ['is none without settings', {}, undefined],
    ['is HTTPS_PROXY for https', { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1' }, 'http://p:1/'],
    ['may lack its scheme', { https_proxy: 'p:3128' }, 'http://p:3128/'],
    ['falls back to ALL_PROXY', { ALL_PROXY: 'http://all:1' }, 'http://all:1/'],
    ['is npm’s own', { npm_config_https_proxy: 'http://npm:1' }, 'http://npm:1/'],
    ['is none for npm’s way to say none', { npm_config_https_proxy: 'null' }, undefined],
    ['is none under NO_PROXY=*', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['is none for a domain in NO_PROXY', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.b, .pythonhosted.org' }, undefined],
    ['is kept for a look-alike domain', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'hosted.org' }, 'http://p:1/'],
    ['is kept for another port', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'pythonhosted.org:8443' }, 'http://p:1/'],
  ])('%s', (_what, env, expected) => {
    expect(proxyFor(https, env)?.href).toBe(expected);
  });

  test('carries TLS to the real host, with credentials for the proxy only', async () => {
    const received = new Promise<{ head: string; first: number | undefined }>((resolve) => {
      const proxy = net.createServer((socket) => {
        let head = '';
        socket.on('error', () => undefined);
        socket.on('data', (chunk) => {
          if (!head.includes('\r\n\r\n')) {
            head += chunk.toString('latin1');
            if (head.includes('\r\n\r\n')) socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          } else {
            socket.destroy();
            proxy.close();
            resolve({ head, first: chunk[0] });
          }
        });
      });
      proxy.listen(0, '127.0.0.1', () => {
        const address = proxy.address();
        if (address === null || typeof address === 'string') throw new Error('no port');
        const { signal } = new AbortController();
        const url = new URL(`http://me:pass%20word@127.0.0.1:${address.port}`);
        tunnel(url, { target: https, signal }).catch(() => undefined);
      });
    });
    const { head, first } = await received;
    expect(head).toMatch(/^CONNECT files\.pythonhosted\.org:443 HTTP\/1\.1\r\n/);
    expect(head).toContain(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    const TLS_HANDSHAKE = 0x16;
    expect(first).toBe(TLS_HANDSHAKE);
  });
});
