import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { endpointWorkflowId } from '../../rollout';
import type { endpoint, retirement } from '../../workflows';
import { endpointQuery, retireUpdate } from '../../workflows/messages';
import { run } from '../scripts/run-main';
import { withDevServer } from '../support/dev-server';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
beforeAll(() => stack.start());
afterAll(() => stack.stop());

async function firstDeployment(name: string): Promise<void> {
  const spec = wholeSpec(stack, { endpoint: name, candidate: 'v1' });
  const [candidate] = spec.candidates;
  const autoscaling = { min: 1, max: 2, invocationsPerInstance: 1_000, scheduled: [] };
  const rollout = await stack.submit({ ...spec, candidates: [{ ...candidate, autoscaling }] });
  expect(await rollout.result()).toMatchObject({ outcome: { kind: 'promoted' } });
}

const owner = (name: string) => dev().env.client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(name));

function sluice(...words: readonly string[]) {
  const { address } = dev().server;
  return run(words, { env: { TEMPORAL_ADDRESS: address, SLUICE_USER: 'ana@example.org', SLUICE_TASK_QUEUE: 'whole' } });
}

async function listed(part: string): Promise<unknown> {
  const sagemaker = stack.sagemaker();
  const [endpoints, configs, models] = await Promise.all([
    sagemaker.listEndpoints({ NameContains: part }),
    sagemaker.listEndpointConfigs({ NameContains: part }),
    sagemaker.listModels({ NameContains: part }),
  ]);
  sagemaker.destroy();
  return {
    endpoints: endpoints.Endpoints?.map(({ EndpointName }) => EndpointName),
    configs: configs.EndpointConfigs?.map(({ EndpointConfigName }) => EndpointConfigName),
    models: models.Models?.length,
  };
}

test('an endpoint is retired, worker killed meanwhile or not: all that Sluice made for it goes, in order, and nothing else', async () => {
  await firstDeployment('old');
  await firstDeployment('old-but-loved');
  const { client } = dev().env;
  const action = { type: 'startWorkflow', workflowType: 'registryPoll', taskQueue: 'nobody', args: [] } as const;
  const spec = { intervals: [{ every: '1 day' }] };
  for (const scheduleId of ['registry/reviews/old', 'monitor/old/quality', 'monitor/old-but-loved/quality'])
    await client.schedule.create({ scheduleId, spec, action });

  const id = await owner('old').executeUpdate(retireUpdate, {
    args: [{ who: 'ana@example.org', why: 'nobody needs it', drain: null }],
  });
  await stack.killWorker();
  await stack.startWorker();
  const result = await client.workflow.getHandle<typeof retirement>(id).result();
  expect(result).toEqual({
    kind: 'retired',
    deleted: {
      schedules: expect.arrayContaining(['registry/reviews/old', 'monitor/old/quality']),
      scaling: ['v1'],
      alarms: [],
      endpoint: ['old'],
      configs: ['old-v1-r1'],
      models: [expect.stringMatching(/^old-v1-/)],
    },
  });
  expect(await listed('old')).toEqual({ endpoints: ['old-but-loved'], configs: ['old-but-loved-v1-r1'], models: 1 });
  await expect(client.schedule.getHandle('monitor/old-but-loved/quality').describe()).resolves.toBeDefined();

  expect(await owner('old').query(endpointQuery)).toMatchObject({
    retiring: null,
    retired: { who: 'ana@example.org', why: 'nobody needs it' },
    incumbent: null,
    past: [{ candidate: 'v1' }],
  });
  expect((await sluice('status', 'old')).out).toMatch(/old: retired .* ago by ana@example\.org: nobody needs it/);

  // The name is free again, and the numbers go on.
  const again = await stack.submit(wholeSpec(stack, { endpoint: 'old', candidate: 'v2' }));
  expect(again.workflowId).toBe('rollout/old/2');
  expect(await again.result()).toMatchObject({ outcome: { kind: 'promoted' } });
  expect(await owner('old').query(endpointQuery)).toMatchObject({ retired: null, incumbent: { version: 'v2' } });
});

test('sluice retire asks first, gives up where the endpoint is still called, and refuses while something is rolled out', async () => {
  await firstDeployment('busy');
  const asked = await sluice('retire', 'busy', '--why', 'costs');
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/serves v1.*Nothing was changed/s) });

  const runtime = stack.runtime();
  const Body = JSON.stringify({ instances: [{ text: 'fine' }] });
  await runtime.send(new InvokeEndpointCommand({ EndpointName: 'busy', Body, ContentType: 'application/json' }));
  runtime.destroy();
  // Metrics are published a while after the request.
  await fetch(`${stack.aws.endpoint}/_sandbox/flush`, { method: 'POST' });
  const refused = await sluice('retire', 'busy', '--why', 'costs', '--at-most', '1s', '--yes', '--json');
  expect(refused.code).toBe(4);
  expect(JSON.parse(refused.out)).toMatchObject({ retired: false, why: expect.stringMatching(/still got 1 requests/) });
  expect(await listed('busy')).toMatchObject({ endpoints: ['busy'] });

  const rollout = await stack.submit(wholeSpec(stack, { endpoint: 'busy', candidate: 'v2' }));
  const error: unknown = await owner('busy')
    .executeUpdate(retireUpdate, { args: [{ who: 'bo', why: 'costs', drain: null }] })
    .catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect((error as WorkflowUpdateFailedError).cause?.message).toMatch(/rollout\/busy\/2 is running\. End it first/);
  expect(await sluice('retire', 'busy', '--why', 'costs')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(
      /^Nothing was changed\. rollout\/busy\/2 is running\. End it first: sluice abort busy --why …/
    ),
  });
  await rollout.cancel();
  await expect(rollout.result()).rejects.toThrow();

  const done = await sluice('retire', 'busy', '--why', 'costs', '--now', '--yes');
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/1 endpoint: busy.*busy is retired/s) });
  expect(await sluice('retire', 'busy', '--why', 'again', '--yes')).toMatchObject({
    code: 2,
    err: 'Nothing was changed. busy was retired by ana@example.org: costs. What was: sluice history busy\n',
  });
  expect(await sluice('retire', 'bussy', '--why', 'costs', '--yes')).toMatchObject({
    code: 2,
    err: 'Sluice knows no endpoint bussy. Did you mean busy?\n',
  });
  for (const [words, err] of [
    [['--why', ' '], /^Say why/],
    [['--why', 'costs', '--quiet', '2d'], /^--quiet is at most 1d/],
    [[], /required option '--why <text>' not specified/],
  ] as const)
    expect(await sluice('retire', 'busy', ...words)).toMatchObject({ code: 2, err: expect.stringMatching(err) });
});
