import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { RolloutSpec } from '../../spec/types';
import { verbUpdate } from '../../workflows/messages';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';
import type { RunningRollout } from '../support/whole-stack';

/** CloudWatch's minutes are real ones and settle after two, so one rollout that evidence decides takes some. The other endpoint's run beside it. */
const GOOD = 'steady';
const BAD = 'shaky';
/** A bake of an hour lasts a minute. */
const SPEED = 60;
const HOUR_MS = 3_600_000;
const AHEAD_MS = 180_000;

const dev = withDevServer();
const stack = new WholeStack(dev, SPEED);
const traffic: LiveTraffic[] = [];
let promoted: RunningRollout;
let failing: RunningRollout;

function specOf(endpoint: string, candidate: string, env: Readonly<Record<string, string>> = {}): RolloutSpec {
  const spec = wholeSpec(stack, { endpoint, candidate, env });
  const [{ instance, ...one }] = spec.candidates;
  return {
    ...spec,
    counts: { from: 'cloudwatch' },
    tickMs: 60_000,
    baseline: { lookbackMs: 600_000, atLeast: 60, atMostMs: 240_000 },
    candidates: [{ ...one, instance: { ...instance, count: 2 } }],
    guards: spec.guards.filter(({ kind }) => kind === 'errors'),
    stages: [
      {
        kind: 'blueGreen',
        engine: 'guardrails',
        shift: { kind: 'canary', sizePct: 50, waitMs: HOUR_MS },
        terminationWaitMs: 0,
        maximumMs: 4 * HOUR_MS,
        alarms: [],
        onInconclusive: 'rollBack',
      },
    ],
  };
}

async function turnClock(to: { readonly nowMs: number } | { readonly advanceMs: number }): Promise<void> {
  const answer = await fetch(`${stack.aws.endpoint}/_sandbox/clock`, { method: 'PUT', body: JSON.stringify(to) });
  expect(answer.status).toBe(200);
}

/** What SageMaker says that an endpoint serves. */
async function served(EndpointName: string): Promise<readonly unknown[]> {
  const sagemaker = stack.sagemaker();
  const endpoint = await sagemaker.describeEndpoint({ EndpointName });
  sagemaker.destroy();
  const names = endpoint.ProductionVariants?.map(({ VariantName }) => VariantName) ?? [];
  return [endpoint.EndpointStatus, endpoint.EndpointConfigName, ...names];
}

beforeAll(async () => {
  await stack.start();
  // Behind the worker's clock, what is counted now has settled already: the incumbents are measured at once.
  await turnClock({ nowMs: Date.now() - AHEAD_MS });
  const firsts = [GOOD, BAD].map(async (endpoint) => (await stack.submit(specOf(endpoint, 'v1'))).result());
  for (const first of await Promise.all(firsts)) expect(first.serving).toBe('v1');
  for (const endpoint of [GOOD, BAD]) traffic.push(new LiveTraffic(stack, { endpoint, perSecond: 30 }));
  await until(
    () => traffic.map(({ answers }) => answers.get('v1') ?? 0),
    (answers) => answers.every((n) => n > 100)
  );
  await fetch(`${stack.aws.endpoint}/_sandbox/flush`, { method: 'POST' });
  promoted = await stack.submit(specOf(GOOD, 'v2'));
  failing = await stack.submit(specOf(BAD, 'v2', { ERRORS: '0.8' }));
  for (const rollout of [promoted, failing]) await stack.until(rollout, ({ phase }) => phase.kind === 'guarded');
  await turnClock({ advanceMs: AHEAD_MS });
});
afterEach(() => expect(traffic.flatMap(({ drops }) => drops).filter(isDropped)).toEqual([]));
afterAll(async () => {
  for (const one of traffic) await one.stop();
  await stack.stop();
});

/** The failing model answers with its own error; that is no request that got lost. */
function isDropped({ reason }: { readonly reason: string }): boolean {
  return !reason.includes('the model failed');
}

test('a new fleet that fails is taken back by SageMaker on Sluice’s alarm, and that ends the rollout', async () => {
  expect((await failing.result()).outcome).toMatchObject({
    kind: 'rolledBack',
    because: { failure: { type: 'SilentRollback', what: expect.stringContaining('sluice-shaky-v2-r2-errors') } },
  });
  expect(await served(BAD)).toEqual(['InService', 'shaky-v1-r1', 'v1']);
}, 600_000);

test('an abort stops SageMaker in the middle of a bake', async () => {
  const rollout = await stack.submit(specOf(BAD, 'v3'));
  await stack.until(rollout, ({ phase }) => phase.kind === 'guarded' && phase.deployment?.stage === 'Baking');
  await rollout.executeUpdate(verbUpdate('abort'), { args: [{ who: 'ana@example.org', why: 'second thoughts' }] });
  expect((await rollout.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'abort' } });
  expect(await served(BAD)).toEqual(['InService', 'shaky-v1-r1', 'v1']);
}, 600_000);

test('a good candidate is promoted on the evidence, and the next rollout knows it by its version', async () => {
  expect(await promoted.result()).toMatchObject({
    outcome: { kind: 'promoted', because: { kind: 'evidence' } },
    serving: 'v2',
    verdicts: { errors: { kind: 'pass' } },
  });
  expect(await served(GOOD)).toEqual(['InService', 'steady-v2-r2', 'v1']);
  const again = await (await stack.submit(specOf(GOOD, 'v2'))).result();
  expect(again.outcome).toMatchObject({ because: { failure: { what: 'v2 is what endpoint steady serves already.' } } });
}, 600_000);
