import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { baselineWorkflowId } from '../../rollout';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);
const alerts: unknown[] = [];
const hooks = createServer((request, response) => {
  request.resume().on('end', () => {
    alerts.push(request.url);
    response.end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
  await stack.start();
  await world.putTraining();
});
afterAll(async () => {
  await stack.stop();
  hooks.closeAllConnections();
  hooks.close();
});

async function keysBelow(Prefix: string): Promise<readonly string[]> {
  const s3 = new S3Client(stack.aws);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'capture', Prefix }));
  s3.destroy();
  return Contents.map(({ Key = '' }) => Key.slice(Prefix.length));
}

/** Nothing of what baselines and monitors read is answered; or again. */
async function holdReads(isHeld: boolean): Promise<void> {
  const match = { service: 's3', operation: 'GetObject', resource: 'capture/whole/*' };
  const rules = isHeld ? [{ id: 'held', match, then: { fault: 'hang', forMs: 600_000 } }] : [];
  const url = `${stack.aws.endpoint}/_sandbox/faults`;
  const response = await fetch(url, { method: 'PUT', body: JSON.stringify(rules) });
  if (!response.ok) throw new Error(await response.text());
}

test('a worker that is killed while it makes a baseline and while it judges a window is followed by one that does both, once', async () => {
  const { port } = hooks.address() as AddressInfo;
  const quality = aMonitor({ onViolation: ['alert'], webhook: `http://127.0.0.1:${port}/alert` });
  const file = (candidate: string) =>
    world.fileOf({ endpoint: 'killed', candidate, env: { WRONG: '0.4' } }, [quality], {
      guards: world.fileOf({ endpoint: 'killed', candidate }, []).guards.filter(({ kind }) => kind === 'errors'),
    });
  const startMs = await world.deployed(file('v1'), 4_200);
  const { client } = dev().env;
  const isUnderWay = async (workflowId: string): Promise<boolean> => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return (
      raw.pendingActivities?.some(({ activityType }) => /^(runMonitor|judgeWindow)$/.test(activityType?.name ?? '')) ===
      true
    );
  };

  await holdReads(true);
  const rollout = await stack.submit(file('v2'));
  const run = await world.start(file('v1'), quality, startMs + 4_000);
  await until(
    async () => [await isUnderWay(baselineWorkflowId('killed', 2)), await isUnderWay(run.workflowId)],
    (both) => both.every(Boolean)
  );
  await stack.killWorker();
  await holdReads(false);
  await stack.startWorker();
  const traffic = world.traffic('killed');

  expect(await run.result()).toMatchObject({
    outcome: { verdict: 'fail' },
    consequences: [{ policy: 'alert', heldBack: null }],
  });
  expect(alerts).toEqual(['/alert']);
  const state = await world.until('killed', ({ past }) => past.length === 2);
  await traffic.stop();
  expect(state).toMatchObject({
    count: 2,
    givenUp: null,
    incumbent: {
      version: 'v2',
      rollout: { id: rollout.workflowId },
      baselines: { modelQuality: 's3://capture/reports/killed/baselines/v2-r2/modelQuality' },
    },
    monitors: [{ name: 'quality', last: { verdict: 'fail' } }],
  });
  // One window, with one outcome and no leftovers of an attempt beside it.
  const windows = await keysBelow('reports/killed/monitors/quality/windows/');
  expect(windows.filter((key) => key.endsWith('/outcome.json'))).toHaveLength(1);
  expect(new Set(windows.map((key) => key.split('/')[0])).size).toBe(1);
});
