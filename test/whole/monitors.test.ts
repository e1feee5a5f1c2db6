import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointWorkflowId } from '../../rollout';
import type { MonitorResult } from '../../rollout';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { monitorRequest } from '../../worker/monitor-schedules';
import type { endpoint, monitor } from '../../workflows';
import { endpointQuery } from '../../workflows/messages';
import { run } from '../scripts/run-main';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const alerts: { readonly endpoint: string; readonly outcome: { readonly verdict: string } }[] = [];
let hook: Server;
let s3: S3Client;

beforeAll(async () => {
  await stack.start();
  s3 = new S3Client(stack.aws);
  // 19 of 20 answers are right.
  const rows = Array.from({ length: 400 }, (_, i) => `good,${i % 20 === 0 ? 'not good' : 'good'}`);
  await put('whole/training.csv', ['label,prediction', ...rows, ''].join('\n'));
  hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      alerts.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof alerts)[number]);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
}, 120_000);
afterAll(async () => {
  hook?.close();
  s3?.destroy();
  await stack.stop();
}, 60_000);

async function put(key: string, body: string, bucket = 'capture'): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** A file with a monitor of quality, and what it is to compare with. */
function monitored(name: string, env: Readonly<Record<string, string>>): { spec: RolloutSpec; quality: MonitorSpec } {
  const { port } = hook.address() as AddressInfo;
  const quality: MonitorSpec = {
    name: 'quality',
    kind: 'modelQuality',
    schedule: {
      times: { kind: 'interval', everyMs: 86_400_000, offsetMs: 0 },
      timezone: 'UTC',
      jitterMs: 0,
      overlap: 'skip',
      catchUpWindowMs: 60_000,
      pauseOnFailure: true,
    },
    windowMs: 4_000,
    lagMs: 0,
    lateMs: 600_000,
    engine: 'worker',
    instance: { type: 'ml.m5.large', count: 1 },
    options: { leastRows: 20 },
    to: 's3://capture/reports',
    onViolation: ['alert', 'rollBack'],
    cooldownMs: 3_600_000,
    webhook: `http://127.0.0.1:${port}/`,
    publishesMetrics: true,
  };
  const spec = wholeSpec(stack, { endpoint: name, candidate: 'v1', env });
  const data = {
    dataset: 's3://capture/whole/training.csv',
    label: 'label',
    prediction: 'prediction',
    problem: 'MulticlassClassification',
    to: 's3://capture/reports',
  } as const;
  return { spec: { ...spec, baseline: { ...spec.baseline, data }, monitors: [quality] }, quality };
}

const ownerState = (name: string) =>
  dev().env.client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(name)).query(endpointQuery);

/** First deployment, then some seconds of labelled traffic; returns when it began. */
async function deployed(spec: RolloutSpec): Promise<number> {
  const rollout = await stack.submit(spec);
  // Its workflow exists only once its baselines are made.
  while ((await ownerState(spec.endpoint)).running === null && (await ownerState(spec.endpoint)).past.length === 0)
    await sleep(50);
  expect(await rollout.result()).toMatchObject({ outcome: { kind: 'promoted' } });
  const startMs = Date.now();
  const traffic = new LiveTraffic(stack, { endpoint: spec.endpoint, perSecond: 60 });
  await sleep(8_200);
  await traffic.stop();
  expect(traffic.drops).toEqual([]);
  await fetch(`${stack.aws.endpoint}/_sandbox/flush`, { method: 'POST' });
  return startMs;
}

async function judge(spec: RolloutSpec, one: MonitorSpec, nominalMs: number): Promise<MonitorResult> {
  const handle = await dev().env.client.workflow.start<typeof monitor>('monitor', {
    workflowId: `monitor/${spec.endpoint}/${one.name}-${nominalMs}`,
    taskQueue: 'whole',
    args: [{ ...monitorRequest(spec, one, true), nominalMs }],
  });
  return handle.result();
}

function sluice(...words: readonly string[]) {
  const { address } = dev().server;
  return run(words, { env: { TEMPORAL_ADDRESS: address, SLUICE_USER: 'ana@example.org', SLUICE_TASK_QUEUE: 'whole' } });
}

describe('a monitor of an endpoint', () => {
  test('compares what serves with the baseline that was made before the rollout; late labels correct the past', async () => {
    const { spec, quality } = monitored('fine', {});
    const startMs = await deployed(spec);
    const { incumbent } = await ownerState('fine');
    expect(incumbent).toMatchObject({
      version: 'v1',
      baselines: { modelQuality: 's3://capture/reports/fine/baselines/v1-r1/modelQuality' },
    });

    const first = await judge(spec, quality, startMs + 4_000);
    expect(first).toMatchObject({
      served: { version: 'v1' },
      outcome: { verdict: 'pass', window: { fromMs: startMs, toMs: startMs + 4_000 } },
      corrections: [],
      consequences: [],
    });
    expect(first.outcome.rows.used).toBeGreaterThan(100);

    const hour = new Date().toISOString().slice(0, 13).replace('T', '/').replaceAll('-', '/');
    await put(`whole/${hour}/late.jsonl`, '\n', 'labels');
    const second = await judge(spec, quality, startMs + 8_000);
    expect(second.corrections).toMatchObject([{ window: first.outcome.window, before: 'pass', after: 'pass' }]);
    expect(second.outcome.verdict).toBe('pass');
    const third = await judge(spec, quality, startMs + 8_000);
    expect(third.corrections).toEqual([]);

    expect((await ownerState('fine')).monitors).toMatchObject([{ name: 'quality', last: { verdict: 'pass' } }]);
    // The promotion has set the schedule that its file asks for.
    const listed = await sluice('monitor', 'list', 'fine', '--json');
    expect(JSON.parse(listed.out)).toMatchObject([
      { monitor: 'quality', paused: false, last: { last: { verdict: 'pass' } } },
    ]);
    expect((await sluice('monitor', 'pause', 'fine', 'quality', '--why', 'maintenance')).code).toBe(0);
    expect((await sluice('monitor', 'describe', 'fine', 'quality')).out).toMatch(
      /paused; ana@example\.org: maintenance/
    );
    expect((await sluice('monitor', 'resume', 'fine')).code).toBe(0);
    expect(await sluice('monitor', 'describe', 'fine', 'drift')).toMatchObject({ code: 2 });
  }, 120_000);

  test('that is violated alerts, once in its cooldown, and says why nothing else followed', async () => {
    const { spec, quality } = monitored('poor', { WRONG: '0.4' });
    const startMs = await deployed(spec);
    const first = await judge(spec, quality, startMs + 4_000);
    expect(first.outcome).toMatchObject({ verdict: 'fail' });
    expect(first.outcome.violations[0]?.reason).toMatch(/\d/);
    expect(first.consequences).toEqual([
      { policy: 'alert', heldBack: null, what: 'alert' },
      { policy: 'rollBack', heldBack: 'nothing is watched that could be rolled back', what: 'rollBack' },
    ]);
    expect(alerts).toMatchObject([{ endpoint: 'poor', outcome: { verdict: 'fail' } }]);
    const second = await judge(spec, quality, startMs + 8_000);
    expect(second.consequences[0]?.heldBack).toMatch(/^it followed .* ago, and the cooldown is 1h$/);
    expect(alerts).toHaveLength(1);
  }, 120_000);
});
