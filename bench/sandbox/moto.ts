import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './measure';
import { preparedRequest } from './wire-client';

export interface Moto {
  readonly version: string;
  /** The calls that could be its cheapest. */
  readonly calls: Readonly<Record<string, Target>>;
  readonly startMs: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** Starts moto's server; `undefined` where no Python with moto is. The test suite makes one below .sluice; SLUICE_TEST_PYTHON names another. */
export async function startMoto(): Promise<Moto | undefined> {
  const python = candidates().find(hasMoto);
  if (python === undefined) return undefined;
  const version = execFileSync(python, ['-c', 'import moto; print(moto.__version__)'], { encoding: 'utf8' }).trim();
  const port = await freePort();
  const fromMs = performance.now();
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const isUp = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined))?.ok ?? false;
  while (!(await isUp())) {
    if (child.exitCode !== null || performance.now() - fromMs > START_TIMEOUT_MS) {
      child.kill('SIGKILL');
      return undefined;
    }
    await sleep(50);
  }
  const startMs = performance.now() - fromMs;
  return {
    ...{ version, startMs, calls: callsTo(port), pid: child.pid ?? 0 },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function candidates(): readonly string[] {
  const given = process.env['SLUICE_TEST_PYTHON'];
  const home = path.resolve('.sluice');
  const made = existsSync(home) ? readdirSync(home).filter((name) => name.startsWith('test-python')) : [];
  return [...(given ? [given] : []), ...made.map((name) => path.join(home, name, 'bin', 'python'))];
}

function hasMoto(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import moto.server'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function callsTo(port: number): Readonly<Record<string, Target>> {
  const signed = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const post = (path: string, headers: Readonly<Record<string, string>>, body: string): Target => ({
    port,
    request: preparedRequest({ port, method: 'POST', path, headers, body }),
  });
  const json = { ...signed('sagemaker'), 'content-type': 'application/x-amz-json-1.1' };
  const form = { ...signed('sts'), 'content-type': 'application/x-www-form-urlencoded' };
  return {
    InvokeEndpoint: post(
      '/endpoints/none/invocations',
      { ...signed('sagemaker'), 'content-type': 'text/plain', host: `runtime.sagemaker.us-east-1.amazonaws.com` },
      'x'
    ),
    ListModels: post('/', { ...json, 'x-amz-target': 'SageMaker.ListModels' }, '{}'),
    GetCallerIdentity: post('/', form, 'Action=GetCallerIdentity&Version=2011-06-15'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
