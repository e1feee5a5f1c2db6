import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import { withDevServer } from '../support/dev-server';
import { aGuard } from '../support/guard-specs';
import { LiveTraffic } from '../support/live-traffic';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';

const ENDPOINT = 'guarded';

const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;
/** A check that takes every question and answers none. */
const silent = createServer((request) => request.resume());

beforeAll(async () => {
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  await stack.start();
  const first = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v1' }));
  await first.result();
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 80 });
});
afterAll(async () => {
  await traffic?.stop();
  await stack.stop();
  silent.closeAllConnections();
  silent.close();
});

/** Half of the traffic until these guards have decided. */
function guardedBy(
  guards: readonly GuardSpec[],
  candidate: { readonly name: string; readonly env?: Readonly<Record<string, string>> },
  atMostMs = 90_000
): RolloutSpec {
  const { name, env = {} } = candidate;
  const spec = wholeSpec(stack, { endpoint: ENDPOINT, candidate: name, env });
  const [stage] = spec.stages;
  if (stage?.kind !== 'canary') throw new Error('a canary was expected');
  return {
    ...spec,
    capture: { ...spec.capture, lagMs: 2_000 },
    guards,
    stages: [{ ...stage, until: { kind: 'decided', atMostMs }, onInconclusive: 'rollBack' }],
  };
}

test('a candidate whose answers are slower is rolled back by its latency, though every answer is right', async () => {
  const guards = [aGuard({ kind: 'errors' }), aGuard({ kind: 'latency', incumbent: { p50: 180 } })];
  const rollout = await stack.submit(guardedBy(guards, { name: 'v2', env: { SLOW: '0.9' } }));
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'latency' } });
  expect(result.verdicts['errors']?.kind).not.toBe('fail');
});

test('a candidate that answers differently is rolled back by the drift of its answers, without a single label', async () => {
  const drift = aGuard({ kind: 'outputDrift', threshold: 0.2, leastN: 40, every: 2 });
  const rollout = await stack.submit(guardedBy([drift], { name: 'v3', env: { WRONG: '0.6' } }));
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'outputDrift' } });
});

test('a check that never answers is an error, and nobody is promoted on it', async () => {
  const { port } = silent.address() as AddressInfo;
  const webhook = aGuard({ kind: 'webhook', url: `http://127.0.0.1:${port}/check`, timeout: '300ms' });
  const spec = guardedBy([aGuard({ kind: 'errors', slo: '10%' }), webhook], { name: 'v4' }, 15_000);
  const result = await (await stack.submit(spec)).result();
  expect(result.outcome).toMatchObject({ kind: 'undecided' });
  expect(result.verdicts).toMatchObject({
    errors: { kind: 'pass' },
    webhook: { kind: 'error', reason: expect.stringMatching(/said timeout: no answer within 300 ms/) },
  });
});
