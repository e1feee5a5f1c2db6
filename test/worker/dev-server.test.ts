import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectClient } from '../../worker/connection';
import { readConnectionSettings } from '../../worker/connection-settings';
import { type DevServer, type DevServerOptions, DevServerFailed, PortInUse, startDevServer } from '../../worker/server';
import { portHolder } from '../../worker/server/port-holder';
import { canConnect } from '../../worker/server/ports';
import { forkSource, nextMessage } from '../support/processes';
import { temporaryFolder, writeExecutable } from './support/fake-binaries';

const WATCHDOG = path.resolve(__dirname, '../../worker/server/watchdog.cjs');

const running: DevServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(options: DevServerOptions = {}): Promise<DevServer> {
  const server = await startDevServer({ port: 0, uiPort: 'off', ...options });
  running.push(server);
  return server;
}

/** Only Linux tells who holds a port. */
const onLinux = process.platform === 'linux' ? test : test.skip;

const portOf = (address: string): number => Number(address.split(':')[1]);

async function untilClosed(port: number): Promise<void> {
  while (await canConnect(port)) await delay(50);
}

describe('the dev server', () => {
  test('can be used at once, shows its UI, and is gone after it was stopped', async () => {
    const server = await start({ uiPort: 0 });
    expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(server.namespace).toBe('default');
    expect((await fetch(server.uiUrl ?? '')).status).toBe(200);
    await server.stop();
    await server.stop();
    await expect(server.ended).resolves.toBe('ended with 0');
    expect(await canConnect(portOf(server.address))).toBe(false);
  });

  test('keeps its workflows in a file, in a folder that it makes', async () => {
    const dbFile = path.join(await temporaryFolder(), 'new', 'temporal.db');
    const withClient = async (
      server: DevServer,
      use: (c: Awaited<ReturnType<typeof connectClient>>) => Promise<void>
    ) => {
      const temporal = await connectClient({ settings: readConnectionSettings({ address: server.address }) });
      await use(temporal).finally(() => temporal.close());
    };
    const first = await start({ dbFile });
    await withClient(first, async ({ client }) => {
      await client.workflow.start('nobodyRunsThis', { taskQueue: 'nobody', workflowId: 'kept' });
    });
    await first.stop();
    await withClient(await start({ dbFile }), async ({ client }) => {
      expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    });
  });

  test('says who has its port, and what to do', async () => {
    const server = await start();
    const port = portOf(server.address);
    const failure = await startDevServer({ port, uiPort: 'off' }).catch((error: unknown) => error);
    if (!(failure instanceof PortInUse)) throw failure;
    expect(failure.exitCode).toBe(3);
    expect(failure.message).toContain(`TEMPORAL_ADDRESS=127.0.0.1:${port}`);
    if (process.platform === 'linux') expect(failure.holder).toMatch(/^temporal\S* \(pid \d+\)$/);
    await expect(startDevServer({ port: 0, uiPort: port })).rejects.toThrow(/wanted for the Temporal UI/);
  });

  test('that cannot start says what it printed', async () => {
    const script = Buffer.from('#!/bin/sh\necho "unable to open database file" >&2\nexit 1\n');
    const executable = await writeExecutable(path.join(await temporaryFolder(), 'temporal'), script);
    const failure = await startDevServer({ port: 0, uiPort: 'off', executable }).catch((error: unknown) => error);
    if (!(failure instanceof DevServerFailed)) throw failure;
    expect(failure.message).toMatch(/ended with 1.*unable to open database file/s);
  });

  test('that is not there says so', async () => {
    const failure = startDevServer({ port: 0, uiPort: 'off', executable: '/nowhere/temporal' });
    await expect(failure).rejects.toThrow(/ended with 127.*ENOENT/s);
  });

  onLinux('reports when somebody else ends it', async () => {
    const server = await start();
    const holder = (await portHolder(portOf(server.address))) ?? '';
    process.kill(Number(/pid (\d+)/.exec(holder)?.[1]), 'SIGKILL');
    await expect(server.ended).resolves.toBe('ended with 1');
  });

  test('dies with its parent, even when that is killed', async () => {
    const parent = forkSource('test/worker/support/dev-server-child.ts');
    const address = await nextMessage(parent);
    const port = portOf(String(address));
    expect(await canConnect(port)).toBe(true);
    parent.kill('SIGKILL');
    await untilClosed(port);
  });
});

test('the watchdog ends its command as soon as nobody holds its stdin', async () => {
  const script = 'console.log(process.pid); setInterval(() => undefined, 1000)';
  const watchdog = spawn(process.execPath, [WATCHDOG, process.execPath, '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line]: unknown[] = await once(watchdog.stdout, 'data');
  const pid = Number(String(line));
  expect(process.kill(pid, 0)).toBe(true);
  watchdog.stdin.destroy();
  await once(watchdog, 'exit');
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
