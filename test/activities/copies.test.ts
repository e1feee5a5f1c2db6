import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityDeps } from '../../activities/deps';
import { createObjectReader } from '../../activities/evidence/objects';
import { copyOf } from '../../activities/monitoring/arm-copies';
import { withCopiedModel } from '../../activities/monitoring/copied-model';
import { endpointCaller } from '../../activities/monitoring/endpoint-caller';
import { openEphemeral } from '../../activities/monitoring/ephemeral-model';
import type { EphemeralModel } from '../../activities/monitoring/ephemeral-model';
import { rowFormat } from '../../activities/monitoring/row-format';
import type { PlannedContext } from '../../activities/types';
import prices from '../../report/prices.json';
import { contextFor, deleteEndpoints, deployFirst, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { aGuard } from '../support/guard-specs';

let world: ActivityWorld;
let deps: ActivityDeps;
beforeAll(async () => {
  world = await startWorld();
  const { aws } = world;
  deps = {
    aws,
    prices,
    objects: createObjectReader(aws.s3),
    now: Date.now,
    sleep: (ms) => sleep(ms),
    heartbeat: () => undefined,
  };
});
afterEach(() => deleteEndpoints(world));
afterAll(() => world.stop());

async function guarded(endpoint: string): Promise<{ readonly context: PlannedContext; readonly copy: EphemeralModel }> {
  const incumbent = await deployFirst(world, endpoint, { count: 1 });
  const guards = [aGuard({ kind: 'errors' }), aGuard({ kind: 'attribution', value: '$.predictions[0].score' })];
  const context = contextFor(specFor(endpoint, { name: 'v2' }, { guards }), 2, incumbent);
  const copy = copyOf(context, incumbent.variant);
  if (copy === null) throw new Error('the incumbent has a copy');
  return { context, copy };
}

/** Names of an endpoint and its copies. Others may still be going: nobody waits for the endpoints of a former test. */
async function endpointsFor(endpoint: string): Promise<readonly (string | undefined)[]> {
  const { Endpoints = [] } = await world.aws.sagemaker.listEndpoints({ NameContains: endpoint });
  return Endpoints.map(({ EndpointName }) => EndpointName);
}

async function namesOf(copy: EphemeralModel): Promise<readonly (string | undefined)[]> {
  const { Endpoints = [] } = await world.aws.sagemaker.listEndpoints({ NameContains: copy.name });
  const { EndpointConfigs = [] } = await world.aws.sagemaker.listEndpointConfigs({ NameContains: copy.name });
  return [...Endpoints.map((one) => one.EndpointName), ...EndpointConfigs.map((one) => one.EndpointConfigName)];
}

test('a copy answers without capture, and the end of the rollout takes away what a killed worker left', async () => {
  const { context, copy } = await guarded('copied');
  expect(await openEphemeral(deps, copy)).toBe(false);
  while (!(await openEphemeral(deps, copy))) await sleep(50);
  const { DataCaptureConfig } = await world.aws.sagemaker.describeEndpoint({ EndpointName: copy.name });
  expect(DataCaptureConfig).toBeUndefined();
  const example = JSON.stringify({ truth: 'good', draw: 0.5, age: 30, income: 70 });
  const format = rowFormat({
    example,
    contentType: 'application/json',
    places: ['$.age'],
    value: '$.predictions[0].score',
  });
  const model = endpointCaller({ runtime: world.aws.runtime, endpoint: copy.name, format });
  expect(await model.predict([['30'], ['45']])).toEqual([[0.3], [0.45]]);
  await world.activities.collectGarbage({ ...context, keep: null });
  expect(await namesOf(copy)).toEqual([]);
});

test('a monitor is lent a copy of the model that serves, asked as Clarify’s predictor says, and gone afterwards even when it fails', async () => {
  const { context } = await guarded('lent');
  const { endpoint } = context.spec;
  const variant = context.incumbent?.variant ?? '';
  const predictor = {
    content_type: 'application/jsonlines',
    content_template: '{"truth":"good","draw":0.5,"age":$features}',
    label: 'predictions[0].score',
  };
  const of = { endpoint, variant, owner: 'monitor why', options: { predictor } };
  const asked = withCopiedModel(deps, of, async ({ model }) => {
    expect(await model.predict([['30'], ['45']])).toEqual([[0.3], [0.45]]);
    expect(await endpointsFor(endpoint)).toHaveLength(2);
    throw new Error('the analyzer failed');
  });
  await expect(asked).rejects.toThrow('the analyzer failed');
  expect(await endpointsFor(endpoint)).toEqual([endpoint]);
});

test('what somebody else made under the copy’s name is neither used nor deleted', async () => {
  const { context, copy } = await guarded('foreign');
  const { name, modelName } = copy;
  const variant = {
    VariantName: 'x',
    ModelName: modelName,
    InstanceType: 'ml.m5.large',
    InitialInstanceCount: 1,
  } as const;
  await world.aws.sagemaker.createEndpointConfig({ EndpointConfigName: name, ProductionVariants: [variant] });
  await expect(openEphemeral(deps, copy)).rejects.toHaveProperty('failure.type', 'NameCollision');
  await world.aws.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
  await expect(openEphemeral(deps, copy)).rejects.toHaveProperty('failure.type', 'NameCollision');
  await world.activities.collectGarbage({ ...context, keep: null });
  expect(await namesOf(copy)).toEqual([name, name]);
});

describe('rows in a request', () => {
  test('of CSV are lines, with the columns that are not explained as they were', () => {
    const format = rowFormat({ example: '1,"a,b",3', contentType: 'text/csv', places: ['0', '2'], value: '1' });
    expect(
      format.bodyOf([
        ['5', '6'],
        ['x"y', ''],
      ])
    ).toBe('5,"a,b",6\n"x""y","a,b",');
    expect(format.valuesOf('yes,0.5\r\nno,0.25\n', 2)).toEqual([[0.5], [0.25]]);
    expect(format.valuesOf('yes,0.5', 2)).toBeNull();
    expect(format.valuesOf('yes,', 1)).toBeNull();
  });

  test('of JSON are elements of the list that all places lie in, else one a request, and numbers stay numbers', () => {
    const example = '{"instances":[{"age":1,"sex":"f","note":"n"}],"v":2}';
    const places = ['$.instances[0].age', '$.instances[0].sex'];
    const format = rowFormat({ example, contentType: 'application/json', places, value: '$.predictions[0].p' });
    expect(
      JSON.parse(
        format.bodyOf([
          ['30', 'm'],
          ['', 'f'],
        ]) ?? ''
      )
    ).toEqual({
      instances: [
        { age: 30, sex: 'm', note: 'n' },
        { age: '', sex: 'f', note: 'n' },
      ],
      v: 2,
    });
    expect(format.valuesOf('{"predictions":[{"p":0.1},{"p":0.2}]}', 2)).toEqual([[0.1], [0.2]]);
    const single = rowFormat({
      example: '{"age":1}',
      contentType: 'application/json',
      places: ['$.age'],
      value: '$.p',
    });
    expect(single.bodyOf([['1'], ['2']])).toBeNull();
    expect(single.bodyOf([['2']])).toBe('{"age":2}');
    expect(single.valuesOf('{"p":0.1}', 2)).toBeNull();
  });
});
