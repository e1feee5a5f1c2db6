import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createJournal } from '../../../sandbox/engine/journal';
import { Container } from '../../../sandbox/fleet/container';
import { reservePort } from '../../../sandbox/fleet/free-ports';
import { inherited, PASSED_ON } from '../../../sandbox/fleet/instance';
import { until } from '../../support/sandbox/harness';

const CALL = { method: 'POST', path: '/invocations', headers: {}, body: Buffer.from('x'), timeoutMs: 10_000 } as const;

describe('a container that refuses a connection though its process is alive', () => {
  let dir: string;
  let container: Container;
  let beforePing: () => void;
  const healths: boolean[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-container-'));
    beforePing = () => undefined;
    healths.length = 0;
    const spec = {
      ...{ hostname: 'c', variant: 'v', image: 'i', label: 'e/v/i/c', cwd: dir, logFile: path.join(dir, 'log') },
      command: [process.execPath, path.join(__dirname, '../../support/sandbox/pausing-container.js')],
      env: inherited(PASSED_ON),
      startupWindowMs: 60_000,
      // No ping but the first, and those that a doubt asks for.
      pingIntervalMs: 3_600_000,
      faults: { startDelay: () => undefined, crashesAtStart: () => false, failsPing: () => (beforePing(), false) },
    };
    container = new Container(spec, createJournal({ now: () => 0 }), (isHealthy) => healths.push(isHealthy));
    await container.start();
    await container.send(CALL);
    await until(() => existsSync(path.join(dir, 'paused')));
  });
  afterEach(async () => {
    await container.stop(0);
    rmSync(dir, { recursive: true, force: true });
  });

  test('is pinged at once and, as it answers, gets the request and stays in service', async () => {
    beforePing = () => {
      writeFileSync(path.join(dir, 'resume'), '');
      // The ping must not be sent before the container listens again: this holds it.
      while (!existsSync(path.join(dir, 'resumed'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    };
    expect((await container.send(CALL)).body.toString()).toBe('ok');
    expect(healths).toEqual([true]);
  });

  test('is out of service when it does not answer the ping either', async () => {
    let pings = 0;
    beforePing = () => (pings += 1);
    const calls = [1, 2, 3].map(() => container.send(CALL));
    for (const call of calls) await expect(call).rejects.toMatchObject({ why: 'refused' });
    expect(healths).toEqual([true, false]);
    expect(pings).toBe(1);
  });
});

describe('the port of a container', () => {
  test('is held by one sandbox at a time, and is free of listeners', async () => {
    const held = await reservePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: listening } = server.address() as AddressInfo;
    try {
      const free = await reservePort();
      free.release();
      const offers = [held.port, listening, free.port];
      const got = await reservePort(() => offers.shift() ?? 0);
      expect([got.port, offers]).toEqual([free.port, []]);
      got.release();
    } finally {
      server.close();
      held.release();
    }
    const again = await reservePort(() => held.port);
    expect(again.port).toBe(held.port);
    again.release();
  });

  test('is none of those that systems give to whoever asks, who then might answer pings in its place', async () => {
    const { port, release } = await reservePort();
    release();
    // Linux's default; where an administrator has widened the range, a port may still be lost to somebody else.
    expect(port).toBeLessThan(32_768);
    expect(port).toBeGreaterThan(1_023);
  });
});
