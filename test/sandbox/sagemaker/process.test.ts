import { afterAll, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Clients } from '../../support/sandbox/harness';
import {
  clientsFor,
  createEndpoint,
  IMAGES,
  invoke,
  ROLE,
  settledEndpoint,
  until,
} from '../../support/sandbox/harness';

const root = path.join(__dirname, '..', '..', '..');
const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-process-'));
const imagesFile = path.join(dir, 'sandbox.yaml');
writeFileSync(imagesFile, JSON.stringify({ images: { 'server:*': IMAGES['server:*']?.command } }));

interface Running extends Clients {
  readonly child: ChildProcess;
  readonly url: string;
}

const started: ChildProcess[] = [];

/** Starts the sandbox as a process of its own on a data directory. */
async function run(name: string): Promise<Running> {
  const args = [
    '-r',
    path.join(root, 'test/support/sandbox/register.js'),
    path.join(root, 'sandbox/main.ts'),
    '--json',
    '--speed',
    '1000',
    '--data',
    path.join(dir, name),
    '--images',
    imagesFile,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: root });
  started.push(child);
  const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
  const { url, env }: { readonly url: string; readonly env: Record<string, string> } = JSON.parse(line ?? '');
  expect(env['AWS_ENDPOINT_URL']).toBe(url);
  return { child, url, ...clientsFor(url) };
}

async function end(running: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  running.destroy();
  running.child.kill(signal);
  const [code]: (number | null)[] = await once(running.child, 'exit');
  return code ?? null;
}

interface State {
  readonly endpoints: readonly {
    readonly fleets: readonly {
      readonly variants: readonly {
        readonly instances: readonly { readonly containers: readonly { readonly pid: number }[] }[];
      }[];
    }[];
  }[];
}

/** Process ids of all containers: each is the shell that leads its container's process group. */
async function containerPids(url: string): Promise<readonly number[]> {
  const state: State = JSON.parse(await (await fetch(`${url}/_sandbox/state`)).text());
  return state.endpoints.flatMap((endpoint) =>
    endpoint.fleets.flatMap((fleet) =>
      fleet.variants.flatMap((variant) =>
        variant.instances.flatMap((instance) => instance.containers.map((container) => container.pid))
      )
    )
  );
}

/** Whether any process is left in a group. */
function groupIsAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the sandbox as a process', () => {
  afterAll(() => {
    for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  test('kill -9 leaves no container behind, and a restart brings endpoints back with their times', async () => {
    const first = await run('kill');
    const before = await createEndpoint(first.sagemaker, {
      name: 'kept',
      variants: [{ name: 'a', weight: 3, count: 2 }],
    });
    const pids = await containerPids(first.url);
    expect(pids).toHaveLength(2);
    expect(pids.every(groupIsAlive)).toBe(true);
    await end(first, 'SIGKILL');
    await until(() => !pids.some(groupIsAlive));

    const second = await run('kill');
    // The request is held until the first container is back; none is refused.
    expect((await invoke(second.runtime, 'kept')).text).toBe('a');
    const after = await second.sagemaker.describeEndpoint({ EndpointName: 'kept' });
    expect({ ...after, $metadata: undefined }).toEqual({ ...before, $metadata: undefined });
    expect((await containerPids(second.url)).some((pid) => pids.includes(pid))).toBe(false);
    expect(await end(second, 'SIGTERM')).toBe(0);
  });

  test('a change that a kill interrupted is carried on', async () => {
    const first = await run('resume');
    await createEndpoint(first.sagemaker, { name: 'e', variants: [{ name: 'v', env: { REPLY: 'old' } }] });
    await first.sagemaker.createModel({
      ModelName: 'm2',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'server:1', Environment: { REPLY: 'new' } },
    });
    await first.sagemaker.createEndpointConfig({
      EndpointConfigName: 'c2',
      ProductionVariants: [{ VariantName: 'v', ModelName: 'm2', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
    });
    await first.sagemaker.updateEndpoint({ EndpointName: 'e', EndpointConfigName: 'c2' });
    await end(first, 'SIGKILL');

    const second = await run('resume');
    expect(await settledEndpoint(second.sagemaker, 'e')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'c2',
    });
    expect((await invoke(second.runtime, 'e')).text).toBe('new');
    await second.sagemaker.deleteEndpoint({ EndpointName: 'e' });
    await end(second, 'SIGKILL');

    const third = await run('resume');
    await until(() =>
      third.sagemaker.describeEndpoint({ EndpointName: 'e' }).then(
        () => undefined,
        (error: Error) => error
      )
    );
    await end(third, 'SIGTERM');
  });

  test('what was acknowledged before a kill is there after it, and nothing that was not asked for', async () => {
    const acknowledged = new Set<string>();
    const asked = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const running = await run('ack');
      const kill = 5 + round * 17;
      const calls = Array.from({ length: 60 }, async (_, index) => {
        const name = `m-${round}-${index}`;
        asked.add(name);
        await running.sagemaker.createModel({ ModelName: name, PrimaryContainer: { Image: 'server:1' } });
        acknowledged.add(name);
        if (acknowledged.size % 60 === kill) running.child.kill('SIGKILL');
      });
      await Promise.allSettled(calls);
      if (running.child.exitCode === null && running.child.signalCode === null) await end(running, 'SIGKILL');
      running.destroy();
    }
    const last = await run('ack');
    const listed = new Set<string>();
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const page = await last.sagemaker.listModels({
        MaxResults: 100,
        ...(token === undefined ? {} : { NextToken: token }),
      });
      for (const model of page.Models ?? []) listed.add(model.ModelName ?? '');
      token = page.NextToken;
    }
    expect([...acknowledged].filter((name) => !listed.has(name))).toEqual([]);
    expect([...listed].filter((name) => !asked.has(name))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(0);
    await end(last, 'SIGTERM');
  });

  test('SIGTERM ends containers and process cleanly, and the address is free again', async () => {
    const running = await run('clean');
    await createEndpoint(running.sagemaker, { name: 'e', variants: [{ name: 'v' }] });
    const pids = await containerPids(running.url);
    expect(await end(running, 'SIGTERM')).toBe(0);
    await until(() => !pids.some(groupIsAlive));
    await expect(fetch(running.url)).rejects.toThrow();
  });

  test('two sandboxes cannot share a data directory', async () => {
    const running = await run('shared');
    const child = spawn(
      process.execPath,
      [
        '-r',
        path.join(root, 'test/support/sandbox/register.js'),
        path.join(root, 'sandbox/main.ts'),
        '--data',
        path.join(dir, 'shared'),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: root }
    );
    started.push(child);
    const [line]: string[] = await once(createInterface({ input: child.stderr }), 'line');
    expect(line).toMatch(/is in use by the sandbox with process id \d+/);
    expect((await running.sagemaker.listModels({})).Models).toEqual([]);
    await end(running, 'SIGTERM');
  });
});
