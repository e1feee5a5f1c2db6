import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { HALF_FOR_LONG, wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';
import type { RunningRollout } from '../support/whole-stack';

const ENDPOINT = 'reviews';
/** Each is so much better than the one before that chance rolls none of them back, as it does with one in two hundred that are only as good. */
const WRONG = { v1: { WRONG: '0.6' }, v2: { WRONG: '0.2' }, v3: { WRONG: '0.02' } } as const;
const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;

beforeAll(async () => {
  await stack.start();
  await (await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v1', env: WRONG.v1 }))).result();
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 60 });
});
afterAll(async () => {
  await traffic?.stop();
  await stack.stop();
});

/** A rollout that would be promoted if nobody disturbed it, in the middle of its bake. */
async function inTheMiddle(candidate: 'v2' | 'v3'): Promise<RunningRollout> {
  const env = WRONG[candidate];
  const rollout = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate, env, stages: [HALF_FOR_LONG] }));
  await stack.until(
    rollout,
    ({ phase, traffic: seen }) => phase.kind === 'baking' && (seen.requests[candidate] ?? 0) > 50
  );
  return rollout;
}

test('a worker that is killed in the middle of a bake and started again goes on: same outcome, no request dropped', async () => {
  const rollout = await inTheMiddle('v2');
  await stack.killWorker();
  await stack.startWorker();
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'promoted', because: { kind: 'evidence' } });
  expect(result.serving).toBe('v2');
  expect(result.traffic.requests.v2).toBeGreaterThanOrEqual(300);
  expect(traffic.drops).toEqual([]);
});

test('a sandbox that is killed in the middle of a bake and started again goes on: same outcome, and only calls to a dead sandbox fail', async () => {
  const rollout = await inTheMiddle('v3');
  const killedMs = Date.now();
  await stack.killSandbox();
  await stack.startSandbox();
  const backMs = Date.now();
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'promoted', because: { kind: 'evidence' } });
  expect(result.serving).toBe('v3');
  expect(traffic.drops.filter(({ sentMs, failedMs }) => failedMs < killedMs || sentMs > backMs)).toEqual([]);
});
