import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Stack } from '../../scripts/stack';
import { forkSource, untilEnd } from '../support/processes';
import { run } from './run-main';
import { until } from './until';

let folder = '';
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-dev-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

type Up = Pick<Stack, 'env' | 'addresses' | 'processes'>;

function dev(): ChildProcess {
  const args = ['dev', '--dir', path.join(folder, 'dev'), '--port', '0', '--ui-port', '0', '--json'];
  const child = forkSource('test/scripts/sluice-process.ts', { args });
  children.push(child);
  return child;
}

/** What `sluice dev --json` prints once all is up; rejects with everything it said when it ends before. */
function untilUp(child: ChildProcess): Promise<Up> {
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.endsWith('}\n')) resolve(JSON.parse(out) as Up);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${out}${err}`)));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await until(
    () => pids.filter(isAlive),
    (alive) => alive.length === 0
  );
}

describe('sluice dev', () => {
  test('brings up Temporal, the sandbox and a worker that find each other, and takes all down on Ctrl-C', async () => {
    const child = dev();
    const { env, addresses, processes } = await untilUp(child);
    expect(processes.map(({ name }) => name)).toEqual(['sandbox', 'worker']);
    for (const { name, pid, logFile } of processes) {
      expect(isAlive(pid)).toBe(true);
      expect(await readFile(path.join(folder, 'dev', `${name}.pid`), 'utf8')).toBe(`${pid}\n`);
      expect(existsSync(logFile)).toBe(true);
    }
    expect(await readFile(path.join(folder, 'dev', 'env'), 'utf8')).toContain(
      `export TEMPORAL_ADDRESS=${addresses.temporal}\n`
    );
    const health: unknown = await (await fetch(`${addresses.sandbox}/_sandbox/health`)).json();
    expect(health).toEqual({ status: 'ok' });
    const status = await run(['status'], { env });
    expect(status).toEqual({ code: 0, out: 'No endpoint yet. Start a rollout: sluice deploy <file>\n', err: '' });
    const ended = untilEnd(child);
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    await untilGone(processes.map(({ pid }) => pid));
    expect(existsSync(path.join(folder, 'dev', 'worker.pid'))).toBe(false);
    await expect(fetch(addresses.sandbox)).rejects.toThrow();
  });

  test('leaves no process behind when it is killed', async () => {
    const child = dev();
    const { processes } = await untilUp(child);
    child.kill('SIGKILL');
    await untilGone(processes.map(({ pid }) => pid));
  });

  test('says so, stops the rest and fails when a part ends by itself', async () => {
    const child = dev();
    const { processes } = await untilUp(child);
    const ended = untilEnd(child);
    const worker = processes.find(({ name }) => name === 'worker');
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    const { code, output } = await ended;
    expect(code).toBe(70);
    expect(output).toContain('The worker ended with SIGKILL; the rest is stopped.');
    await untilGone(processes.map(({ pid }) => pid));
  });

  test('an image map that cannot be read is a mistake, before anything starts', async () => {
    const { code, out, err } = await run(['dev', '--images', 'nowhere.yaml'], { cwd: folder });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('nowhere.yaml');
    expect(existsSync(path.join(folder, '.sluice'))).toBe(false);
  });
});

describe('sluice sandbox', () => {
  test('serves until it is stopped, and prints what points an AWS client at it', async () => {
    const stop = new AbortController();
    let out = '';
    const running = run(['sandbox', '--json'], {
      cwd: folder,
      stop: stop.signal,
      out: { write: (text) => void (out += text), isTTY: false, columns: 80, rows: 24 },
    });
    await until(
      () => out,
      (text) => text.endsWith('}\n')
    );
    const { url, env } = JSON.parse(out) as { url: string; env: Readonly<Record<string, string>> };
    expect(env['AWS_ENDPOINT_URL']).toBe(url);
    expect((await fetch(`${url}/_sandbox/health`)).status).toBe(200);
    stop.abort();
    expect((await running).code).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('a port that is taken is said, without a stack', async () => {
    const stop = new AbortController();
    let out = '';
    const first = run(['sandbox', '--json'], {
      stop: stop.signal,
      out: { write: (text) => void (out += text), isTTY: false, columns: 80, rows: 24 },
    });
    await until(
      () => out,
      (text) => text.endsWith('}\n')
    );
    const port = new URL((JSON.parse(out) as { url: string }).url).port;
    const second = await run(['sandbox', '--port', port]);
    stop.abort();
    await first;
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/^The sandbox cannot start: .*EADDRINUSE/);
    expect(second.err).not.toMatch(/^ {4}at /m);
  });
});
