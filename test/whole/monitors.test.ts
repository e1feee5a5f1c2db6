import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { run } from '../scripts/run-main';
import { withDevServer } from '../support/dev-server';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);
const alerts: { readonly endpoint: string; readonly outcome: { readonly verdict: string } }[] = [];
let hook: Server;

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
  hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      alerts.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof alerts)[number]);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  hook?.close();
  await stack.stop();
});

function monitored(name: string, env: Readonly<Record<string, string>>): { spec: RolloutSpec; quality: MonitorSpec } {
  const { port } = hook.address() as AddressInfo;
  const quality = aMonitor({ webhook: `http://127.0.0.1:${port}/` });
  return { spec: world.fileOf({ endpoint: name, candidate: 'v1', env }, [quality]), quality };
}

function sluice(...words: readonly string[]) {
  const { address } = dev().server;
  return run(words, { env: { TEMPORAL_ADDRESS: address, SLUICE_USER: 'ana@example.org', SLUICE_TASK_QUEUE: 'whole' } });
}

describe('a monitor of an endpoint', () => {
  test('compares what serves with the baseline that was made before the rollout; late labels correct the past', async () => {
    const { spec, quality } = monitored('fine', {});
    const startMs = await world.deployed(spec);
    const { incumbent } = await world.owner('fine');
    expect(incumbent).toMatchObject({
      version: 'v1',
      baselines: { modelQuality: 's3://capture/reports/fine/baselines/v1-r1/modelQuality' },
    });

    const first = await world.judge(spec, quality, startMs + 4_000);
    expect(first).toMatchObject({
      served: { version: 'v1' },
      outcome: { verdict: 'pass', window: { fromMs: startMs, toMs: startMs + 4_000 } },
      corrections: [],
      consequences: [],
    });
    expect(first.outcome.rows.used).toBeGreaterThan(100);

    const hour = new Date().toISOString().slice(0, 13).replace('T', '/').replaceAll('-', '/');
    await world.put(`whole/${hour}/late.jsonl`, '\n', 'labels');
    const second = await world.judge(spec, quality, startMs + 8_000);
    expect(second.corrections).toMatchObject([{ window: first.outcome.window, before: 'pass', after: 'pass' }]);
    expect(second.outcome.verdict).toBe('pass');
    const third = await world.judge(spec, quality, startMs + 8_000);
    expect(third.corrections).toEqual([]);

    expect((await world.owner('fine')).monitors).toMatchObject([{ name: 'quality', last: { verdict: 'pass' } }]);
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
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'sluice-page-')), 'quality.html');
    const before = { ...process.env };
    const { endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials } = stack.aws;
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials;
    Object.assign(process.env, { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
    expect(await sluice('monitor', 'describe', 'fine', 'quality', '--html', file)).toMatchObject({ code: 0, err: '' });
    process.env = before;
    const page = readFileSync(file, 'utf8');
    expect(page).toContain('fine quality: pass');
    // How its values went over the windows so far.
    expect(page).toMatch(/<figure>.*accuracy: (estimated_performance_check|LessThanThreshold)/s);
    rmSync(path.dirname(file), { recursive: true });
    expect(await sluice('monitor', 'describe', 'fine', 'drift')).toMatchObject({ code: 2 });
  });

  test('that is violated alerts, once in its cooldown, and says why nothing else followed', async () => {
    const { spec, quality } = monitored('poor', { WRONG: '0.4' });
    const startMs = await world.deployed(spec);
    const first = await world.judge(spec, quality, startMs + 4_000);
    expect(first.outcome).toMatchObject({ verdict: 'fail' });
    expect(first.outcome.violations[0]?.reason).toMatch(/\d/);
    expect(first.consequences).toEqual([
      { policy: 'alert', heldBack: null, what: 'alert' },
      { policy: 'rollBack', heldBack: 'nothing is watched that could be rolled back', what: 'rollBack' },
    ]);
    expect(alerts).toMatchObject([{ endpoint: 'poor', outcome: { verdict: 'fail' } }]);
    const second = await world.judge(spec, quality, startMs + 8_000);
    expect(second.consequences[0]?.heldBack).toMatch(/^it followed .* ago, and the cooldown is 1h$/);
    expect(alerts).toHaveLength(1);
  });
});
