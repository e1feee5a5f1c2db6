import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { invoke, until } from '../support/sandbox/harness';
import type { Draw, Lane, Scripted } from '../support/sandbox/kill-script';
import { ENDPOINT, LANES, observe, prepare } from '../support/sandbox/kill-script';
import { Ledger, NoAnswer } from '../support/sandbox/ledger';
import type { SandboxProcess } from '../support/sandbox/sandbox-process';
import { processesOf, startSandboxProcess } from '../support/sandbox/sandbox-process';
import { randomStream } from '../../sandbox/engine/random';

const KILLS = 15;
const SEED = 20_260_301;

describe('kill -9 at any moment of calls to all services', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-kill-'));
  const data = path.join(dir, 'data');
  let running: SandboxProcess | undefined;

  afterAll(async () => {
    await running?.end('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(): Promise<{ readonly sandbox: SandboxProcess; readonly clients: Scripted }> {
    const sandbox = await startSandboxProcess(data);
    running = sandbox;
    const autoScaling = new ApplicationAutoScaling({
      endpoint: sandbox.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    const destroy = () => (sandbox.destroy(), autoScaling.destroy());
    return { sandbox, clients: { ...sandbox, autoScaling, destroy } };
  }

  test('keeps exactly what was acknowledged, and leaves no process behind', async () => {
    const draw: Draw = (
      (random) => (n: number) =>
        Math.floor(random() * n)
    )(randomStream(SEED, 'kill'));
    const ledger = new Ledger();
    const first = await start();
    await prepare(first.clients);
    // What nobody acknowledged is noticed, and so are containers.
    expect(ledger.reconcile(await observe(first.clients))).toEqual(['weight/kept is 1, and should be gone']);
    if (process.platform === 'linux') expect(processesOf(data)).not.toEqual([]);
    let { sandbox, clients } = first;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const after = ledger.acknowledged + 1 + draw(60);
      const delayMs = draw(8);
      const run = async (lane: Lane): Promise<void> => {
        try {
          for (;;) {
            await ledger.perform(lane(clients, ledger, draw));
            if (ledger.acknowledged < after) continue;
            // A moment later, so that the kill meets calls at every point of their way.
            await sleep(delayMs);
            sandbox.child.kill('SIGKILL');
          }
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
        }
      };
      await Promise.all(Object.values(LANES).map(run));
      await sandbox.end('SIGKILL');
      clients.destroy();
      await until(() => processesOf(data).length === 0);
      ({ sandbox, clients } = await start());
      expect({ kill, wrong: ledger.reconcile(await observe(clients)) }).toEqual({ kill, wrong: [] });
    }
    expect(ledger.refusals).toEqual([]);
    // Calls were cut in the middle, or the test shows nothing.
    expect(ledger.inDoubt).toBeGreaterThan(KILLS);
    expect((await invoke(clients.runtime, ENDPOINT)).text).toBe('kept');
    clients.destroy();
    expect(await sandbox.end('SIGTERM')).toBe(0);
    running = undefined;
    // A process that was killed is seen for a moment yet.
    await until(() => processesOf(data).length === 0);
  }, 600_000);
});
