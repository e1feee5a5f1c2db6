import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import { withDevServer } from '../support/dev-server';
import { aGuard } from '../support/guard-specs';
import { LiveTraffic } from '../support/live-traffic';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';

const ENDPOINT = 'responsible';

const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;
/** From then on everybody is thirty years older. */
let isOlder = false;

beforeAll(async () => {
  await stack.start();
  const first = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v1' }));
  await first.result();
  const about = (call: number) => ({
    group: call % 2 === 0 ? 'a' : 'b',
    age: 20 + ((call * 7) % 40) + (isOlder ? 30 : 0),
    income: 10 + ((call * 13) % 80),
  });
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 60, about });
});
afterAll(async () => {
  await traffic?.stop();
  await stack.stop();
});

/** Half of the traffic until these guards have decided. */
function guardedBy(
  guards: readonly GuardSpec[],
  candidate: { readonly name: string; readonly env?: Readonly<Record<string, string>> },
  atMostMs = 90_000
): RolloutSpec {
  const spec = wholeSpec(stack, { endpoint: ENDPOINT, candidate: candidate.name, env: candidate.env ?? {} });
  const [stage] = spec.stages;
  if (stage?.kind !== 'canary') throw new Error('a canary was expected');
  return {
    ...spec,
    capture: { ...spec.capture, lagMs: 2_000 },
    schema: { ...spec.schema, prediction: '$.predictions[0].label', facets: { group: '$.group' } },
    guards,
    stages: [{ ...stage, until: { kind: 'decided', atMostMs }, onInconclusive: 'rollBack' }],
  };
}

const features = ['$.age', '$.income', '$.group'];
const byAttribution = aGuard({ kind: 'attribution', value: '$.predictions[0].score', features, leastN: 20, every: 2 });

async function copiesLeft(): Promise<readonly string[]> {
  const sagemaker = stack.sagemaker();
  const { Endpoints = [] } = await sagemaker.listEndpoints({});
  const { EndpointConfigs = [] } = await sagemaker.listEndpointConfigs({ NameContains: '-x' });
  sagemaker.destroy();
  const names = [
    ...Endpoints.map((one) => one.EndpointName ?? ''),
    ...EndpointConfigs.map((one) => one.EndpointConfigName ?? ''),
  ];
  return names.filter((name) => name !== ENDPOINT);
}

test('a candidate that says no to one group is rolled back by its bias, though on the other it is as good as its incumbent', async () => {
  const bias = aGuard({ kind: 'bias', facet: 'group', threshold: 0.2, leastN: 40, every: 2 });
  const rollout = await stack.submit(guardedBy([bias], { name: 'unfair', env: { UNFAIR: '0.6' } }));
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'bias' } });
  expect(result.verdicts['bias']?.reason).toMatch(/^bias: DPPL -?0\.\d+ for group [ab] .*the incumbent has 0\);/);
});

test('a candidate that leans on another feature is rolled back by its attributions, and no copy of a model is left', async () => {
  const rollout = await stack.submit(guardedBy([byAttribution], { name: 'leaning', env: { LEANS: 'income' } }));
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'attribution' } });
  expect(result.verdicts['attribution']?.reason).toMatch(/leads \$\.income, .* against \$\.age, /);
  expect(await copiesLeft()).toEqual([]);
});

test('a fair candidate that leans on the same feature is promoted', async () => {
  const bias = aGuard({ kind: 'bias', facet: 'group', threshold: 0.2, leastN: 40, every: 2 });
  const rollout = await stack.submit(guardedBy([bias, byAttribution], { name: 'fair' }));
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'promoted' });
  expect(result.verdicts).toMatchObject({ bias: { kind: 'pass' }, attribution: { kind: 'pass' } });
  expect(await copiesLeft()).toEqual([]);
});

test('nobody is promoted while what people ask is not what it was before the rollout, if the file says so', async () => {
  const rule = { threshold: 0.2, leastN: 50, every: 1, leastTicks: 8, required: true, then: 'hold' };
  const drift = aGuard({ kind: 'inputDrift', ...rule });
  const errors = aGuard({ kind: 'errors', slo: '10%' });
  const rollout = await stack.submit(guardedBy([errors, drift], { name: 'later' }, 15_000));
  await stack.until(rollout, ({ phase }) => phase.kind === 'baking');
  isOlder = true;
  const result = await rollout.result();
  expect(result.outcome).toMatchObject({ kind: 'undecided' });
  expect(result.verdicts).toMatchObject({
    errors: { kind: 'pass' },
    inputDrift: {
      kind: 'inconclusive',
      holds: true,
      reason: expect.stringMatching(/\$\.age is 0\.\d+ from before the rollout .*held/),
    },
  });
});
