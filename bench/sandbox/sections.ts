import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './measure';
import { latenciesMs, quantile, requestsPerSecond } from './measure';
import { startMoto } from './moto';
import type { SandboxUnderTest } from './sandbox-under-test';
import { createEndpoint, groupsMiB, residentMiB, startUnderTest } from './sandbox-under-test';
import { preparedRequest } from './wire-client';

const INSTANCE_TYPES = ['ml.m5.large', 'ml.m5.xlarge', 'ml.c5.large'] as const;
const CONNECTIONS = 16;
const REVIEW = '{"instances":[{"text":"The battery lasts two days and the screen is bright."}]}';
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0',
  'content-type': 'application/json',
};

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Overhead {
  readonly calls: number;
  readonly direct: Latencies;
  readonly through: Latencies;
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

/** Process start to a printed address, and resident memory two seconds later, of several cold starts. */
export async function startUps(
  times: number
): Promise<{ readonly startMs: readonly number[]; readonly idleMiB: number }> {
  const startMs: number[] = [];
  const idle: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const sandbox = await startUnderTest();
    startMs.push(sandbox.startMs);
    await sleep(2_000);
    idle.push(residentMiB(sandbox.pid));
    await sandbox.stop();
  }
  return { startMs, idleMiB: quantile(idle, 0.5) };
}

/** The same call to the container itself and through InvokeEndpoint, in alternating blocks so that both meet the same machine. */
export async function overhead(sandbox: SandboxUnderTest, endpoint: string, blocks: number): Promise<Overhead> {
  const direct: number[] = [];
  const through: number[] = [];
  const targets = { container: await containerTarget(sandbox, endpoint), sandbox: sandboxTarget(sandbox, endpoint) };
  const perBlock = 200;
  // The first calls compile code on both sides.
  await latenciesMs(targets.container, 500);
  await latenciesMs(targets.sandbox, 2_000);
  for (let block = 0; block < blocks; block += 1) {
    direct.push(...(await latenciesMs(targets.container, perBlock)));
    through.push(...(await latenciesMs(targets.sandbox, perBlock)));
  }
  const of = (values: readonly number[]): Latencies => ({
    p50Ms: quantile(values, 0.5),
    p99Ms: quantile(values, 0.99),
  });
  const [near, far] = [of(direct), of(through)];
  return {
    calls: blocks * perBlock,
    direct: near,
    through: far,
    addedP50Ms: far.p50Ms - near.p50Ms,
    addedP99Ms: far.p99Ms - near.p99Ms,
  };
}

/** Requests a second through InvokeEndpoint; the best of several rounds is the least disturbed by other work on the machine. */
export async function throughput(
  sandbox: SandboxUnderTest,
  endpoint: string,
  rounds: number
): Promise<readonly number[]> {
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round += 1)
    perSecond.push(await requestsPerSecond(sandboxTarget(sandbox, endpoint), CONNECTIONS, 3_000));
  return perSecond;
}

/** Writes what is buffered, and counts the records that data capture has left in a bucket. */
export async function capturedRecords({ url, s3 }: SandboxUnderTest, bucket: string): Promise<number> {
  await fetch(`${url}/_sandbox/flush`, { method: 'POST' });
  let records = 0;
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key } of Contents) {
      const { Body } = await s3.getObject({ Bucket: bucket, Key });
      records += ((await Body?.transformToString()) ?? '').trimEnd().split('\n').length;
    }
  }
  return records;
}

export interface MotoFigures {
  readonly version: string;
  readonly startMs: number;
  readonly idleMiB: number;
  readonly cheapest: string;
  readonly latencies: Latencies;
  readonly perSecond: number;
}

/** moto's cheapest call of those that an invocation could be compared with; `undefined` without moto. */
export async function besideMoto(calls: number): Promise<MotoFigures | undefined> {
  const moto = await startMoto();
  if (!moto) return undefined;
  try {
    const idleMiB = residentMiB(moto.pid);
    const measured: { readonly name: string; readonly target: Target; readonly values: readonly number[] }[] = [];
    for (const [name, target] of Object.entries(moto.calls)) {
      const values = await latenciesMs(target, 20)
        .then(() => latenciesMs(target, calls))
        .catch(() => undefined);
      if (values) measured.push({ name, target, values });
    }
    const [best] = measured.sort((a, b) => quantile(a.values, 0.5) - quantile(b.values, 0.5));
    if (!best) return undefined;
    return {
      ...{ version: moto.version, startMs: moto.startMs, idleMiB, cheapest: best.name },
      latencies: { p50Ms: quantile(best.values, 0.5), p99Ms: quantile(best.values, 0.99) },
      perSecond: await requestsPerSecond(best.target, CONNECTIONS, 3_000),
    };
  } finally {
    await moto.stop();
  }
}

/** Memory of a sandbox with so many endpoints of one container each, and of those containers, which are processes of their own. */
export async function memory(
  endpoints: number
): Promise<{ readonly sandboxMiB: number; readonly containersMiB: number }> {
  const sandbox = await startUnderTest();
  try {
    for (let i = 0; i < endpoints; i += 1) {
      const instanceType = INSTANCE_TYPES[i % INSTANCE_TYPES.length] ?? 'ml.m5.large';
      await createEndpoint(sandbox, { name: `e-${i}`, instanceType });
    }
    for (let i = 0; i < endpoints; i += 1) await latenciesMs(sandboxTarget(sandbox, `e-${i}`), 20);
    const { endpoints: all } = await stateOf(sandbox);
    const pids = all.flatMap(containersOf).map(({ pid }) => pid);
    return { sandboxMiB: residentMiB(sandbox.pid), containersMiB: groupsMiB(pids) };
  } finally {
    await sandbox.stop();
  }
}

interface State {
  readonly endpoints: readonly EndpointState[];
}

interface EndpointState {
  readonly name: string;
  readonly fleets: readonly {
    readonly variants: readonly {
      readonly instances: readonly {
        readonly containers: readonly { readonly pid: number; readonly log: string }[];
      }[];
    }[];
  }[];
}

async function stateOf({ url }: SandboxUnderTest): Promise<State> {
  return (await (await fetch(`${url}/_sandbox/state`)).json()) as State;
}

function containersOf({ fleets }: EndpointState) {
  return fleets.flatMap(({ variants }) =>
    variants.flatMap(({ instances }) => instances.flatMap(({ containers }) => containers))
  );
}

function sandboxTarget({ port }: SandboxUnderTest, endpoint: string): Target {
  const path = `/endpoints/${endpoint}/invocations`;
  return { port, request: preparedRequest({ port, method: 'POST', path, headers: SIGNED, body: REVIEW }) };
}

async function containerTarget(sandbox: SandboxUnderTest, endpoint: string): Promise<Target> {
  const found = (await stateOf(sandbox)).endpoints.find(({ name }) => name === endpoint);
  const log = found ? containersOf(found)[0]?.log : undefined;
  const port = Number(/port (\d+)/.exec(log === undefined ? '' : readFileSync(log, 'utf8'))?.[1]);
  if (Number.isNaN(port)) throw new Error(`the log of ${endpoint}'s container names no port`);
  const headers = { 'content-type': 'application/json' };
  return { port, request: preparedRequest({ port, method: 'POST', path: '/invocations', headers, body: REVIEW }) };
}
