import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { verbUpdate } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { APPROVAL, HALF_FOR_LONG, HALF_UNTIL_DECIDED, wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';
import type { RunningRollout } from '../support/whole-stack';

const ENDPOINT = 'reviews';
const INCUMBENT = { WRONG: '0.3' };
const BETTER = { WRONG: '0.05' };

const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;
/** A first deployment that can never succeed needs SageMaker's patience, so it runs beside all the others. */
let sick: RunningRollout;

beforeAll(async () => {
  await stack.start();
  sick = await stack.submit(wholeSpec(stack, { endpoint: 'sick', candidate: 'v1', env: { FAIL_PING: '1' } }));
  const first = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v1', env: INCUMBENT }));
  expect(await first.result()).toMatchObject({
    outcome: { kind: 'promoted', because: { kind: 'firstDeployment' } },
    serving: 'v1',
  });
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 80 });
});
afterEach(() => expect(traffic.drops).toEqual([]));
afterAll(async () => {
  await traffic?.stop();
  await stack.stop();
});

/** What SageMaker says that the endpoint serves, with shares. */
async function served(): Promise<unknown> {
  const sagemaker = stack.sagemaker();
  const { EndpointStatus, EndpointConfigName, ProductionVariants } = await sagemaker.describeEndpoint({
    EndpointName: ENDPOINT,
  });
  sagemaker.destroy();
  return [EndpointStatus, EndpointConfigName, ...(ProductionVariants ?? []).map(({ VariantName }) => VariantName)];
}

const AS_BEFORE = ['InService', 'reviews-v1-r1', 'v1'];

describe('under live traffic, of which not one request is dropped,', () => {
  test.each([
    ['errors', 'v2', { ...INCUMBENT, ERRORS: '0.5' }],
    ['quality', 'v3', { WRONG: '0.9' }],
  ] as const)('a candidate that is worse in %s is rolled back by itself', async (guard, candidate, env) => {
    const rollout = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate, env }));
    const result = await rollout.result();
    expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard } });
    expect(result.verdicts[guard]?.kind).toBe('fail');
    expect(traffic.answers.get(candidate)).toBeGreaterThan(0);
    expect(await served()).toEqual(AS_BEFORE);
  });

  test('a candidate whose container never becomes healthy gets no request, though SageMaker itself reports success', async () => {
    const spec = wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v4', env: { FAIL_PING: '1' } });
    const result = await (await stack.submit(spec)).result();
    expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { failure: { type: 'SilentRollback' } } });
    expect(traffic.answers.has('v4')).toBe(false);
    expect(await served()).toEqual(AS_BEFORE);
  });

  test('a provider that goes back to the old config during the bake is noticed, and that ends the rollout', async () => {
    const rollout = await stack.submit(
      wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v5', env: BETTER, stages: [HALF_FOR_LONG] })
    );
    await stack.until(rollout, ({ phase, traffic: seen }) => phase.kind === 'baking' && (seen.requests.v5 ?? 0) > 0);
    const sagemaker = stack.sagemaker();
    await sagemaker.updateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'reviews-v1-r1' });
    sagemaker.destroy();
    expect((await rollout.result()).outcome).toMatchObject({
      kind: 'rolledBack',
      because: { failure: { type: 'SilentRollback' } },
    });
    expect(await served()).toEqual(AS_BEFORE);
  });

  test('a better candidate is promoted after an approval; a second rollout meanwhile is refused and told who runs', async () => {
    const stages = [HALF_UNTIL_DECIDED, APPROVAL];
    const rollout = await stack.submit(
      wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v6', env: BETTER, stages }),
      'bo@example.org'
    );
    const refusal = stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v7', env: BETTER }));
    await expect(refusal).rejects.toThrow(WorkflowUpdateFailedError);
    await expect(refusal).rejects.toMatchObject({
      cause: {
        type: 'RolloutRunning',
        message: `bo@example.org is rolling out v6 on reviews (${rollout.workflowId}).`,
      },
    });
    await stack.until(rollout, ({ phase }) => phase.kind === 'approving');
    await rollout.executeUpdate(verbUpdate('approve'), {
      args: [{ who: 'ana@example.org', why: 'better on all counts' }],
    });
    const result = await rollout.result();
    expect(result).toMatchObject({
      outcome: { kind: 'promoted', because: { kind: 'evidence' } },
      serving: 'v6',
      approvals: [{ who: 'ana@example.org' }],
      verdicts: { errors: { kind: 'pass' }, quality: { kind: 'pass' } },
    });
    expect(await served()).toEqual(['InService', `reviews-v6-r${result.id.split('/').at(-1)}`, 'v6']);
  });
});

test('an endpoint whose first container never becomes healthy is removed again, with all that belonged to it', async () => {
  const result = await sick.result();
  expect(result).toMatchObject({
    outcome: { kind: 'rolledBack', because: { failure: { type: 'EndpointFailed' } } },
    serving: null,
  });
  const sagemaker = stack.sagemaker();
  const [endpoints, configs, models] = await Promise.all([
    sagemaker.listEndpoints({ NameContains: 'sick' }),
    sagemaker.listEndpointConfigs({ NameContains: 'sick' }),
    sagemaker.listModels({ NameContains: 'sick' }),
  ]);
  sagemaker.destroy();
  expect([endpoints.Endpoints, configs.EndpointConfigs, models.Models]).toEqual([[], [], []]);
});
