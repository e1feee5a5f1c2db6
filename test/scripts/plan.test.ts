import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RolloutPlanView } from '../../report/plan-view';
import { duration } from '../../report/words';
import { resourceNames } from '../../sagemaker/names';
import { readRolloutFile } from '../../spec/read';
import { deployFirst, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { countingGateway, makeBuckets } from '../support/evidence';
import { run } from './run-main';

const TICK_MS = 1_000;
const NOW_MS = Math.floor(Date.now() / TICK_MS) * TICK_MS;
const FILE = `endpoint: planned
aws: { role: arn:aws:iam::123456789012:role/sluice }
capture: { to: s3://capture/planned }
counts: { from: s3://counts/planned }
tick: 1s
baseline: { lookback: 20s, atLeast: 100, atMost: 1m }
candidates: [{ name: v2, container: { image: classifier:1 } }]
guards: [{ kind: errors }]
stages: [{ canary: { share: 50%, until: { decided: true, atMost: 2m } } }]
`;
const AWS_NAMES = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

let world: ActivityWorld;
let cwd = '';
const before = AWS_NAMES.map((name) => process.env[name]);
const sluice = (...words: readonly string[]) => run(words, { cwd, now: () => NOW_MS });

beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture']);
  cwd = await mkdtemp(path.join(tmpdir(), 'sluice-plan-'));
  await writeFile(path.join(cwd, 'rollout.yaml'), FILE);
  // As for any AWS tool: the clients of the command line take them from the process.
  const values = [world.sandbox.url, 'us-east-1', 'test', 'test'];
  AWS_NAMES.forEach((name, i) => (process.env[name] = values[i]));
});
afterAll(async () => {
  AWS_NAMES.forEach((name, i) => {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  });
  await rm(cwd, { recursive: true, force: true });
  await world.stop();
});

/** All that a plan could have made or changed. */
async function everything(): Promise<unknown> {
  const { sagemaker } = world.aws;
  const { Models } = await sagemaker.listModels({});
  const { EndpointConfigs } = await sagemaker.listEndpointConfigs({});
  const { Endpoints = [] } = await sagemaker.listEndpoints({});
  const described = await Promise.all(
    Endpoints.map((one) => sagemaker.describeEndpoint({ EndpointName: one.EndpointName }))
  );
  return { Models, EndpointConfigs, described: described.map(({ $metadata: _, ...rest }) => rest) };
}

describe('sluice plan', () => {
  test('plans a first deployment, then against what serves, agrees with the rollout’s own plan, and touches nothing', async () => {
    const first = await sluice('plan', 'rollout.yaml');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('v2 on planned: first deployment');

    const incumbent = await deployFirst(world, 'planned', { count: 2 });
    const quiet = await everything();
    const short = await sluice('plan', 'rollout.yaml', '--strict');
    expect(short.code).toBe(2);
    expect(short.out.replace(/\s+/g, ' ')).toMatch(/WARNING baseline: .*too little evidence .*errors: 0; 100 needed/);

    const startMs = NOW_MS - 15_000;
    const gateway = countingGateway(world, { uri: 's3://counts/planned', endpoint: 'planned', gateway: 'g', startMs });
    for (let second = 0; second < 12; second++) {
      gateway.record({ variant: 'v1', atMs: startMs + second * TICK_MS, n: 190, status: 200 });
      gateway.record({ variant: 'v1', atMs: startMs + second * TICK_MS, n: 10, status: 500 });
    }
    await gateway.flush(NOW_MS);
    const read = readRolloutFile({ text: FILE, fileName: 'rollout.yaml', environment: {} });
    if (!read.ok) throw new Error('the test’s file is wrong');
    const { spec } = read;
    const context = { id: 'rollout/planned/2', number: 2, spec, names: resourceNames(spec, 2), incumbent };
    const own = (await world.activitiesAt(() => NOW_MS).fixPlan({ ...context, calibrated: null })).plan.forecasts[0];

    const planned = await sluice('plan', 'rollout.yaml', '--json');
    expect(planned).toMatchObject({ code: 0, err: '' });
    const view = JSON.parse(planned.out) as RolloutPlanView;
    expect(own?.requestsPerSecond).toBeGreaterThan(150);
    expect(view.power).toEqual([
      expect.stringMatching(
        `^canary 50 %, errors: an equal model passes in ~${duration(own?.passMs ?? 0)} \\(9 in 10 in ${duration(own?.pass90Ms ?? 0)}\\); 2× .* fails in ~${duration(own?.failMs ?? 0)} \\(9 in 10 in ${duration(own?.fail90Ms ?? 0)}\\);`
      ),
    ]);
    expect(view.changes).toContainEqual({
      change: 'keeps',
      when: 'now',
      what: 'variant v1 (classifier:1): 2 × ml.m5.large',
    });
    expect(view.steps.map(({ label }) => label)).toEqual(['prepare', 'canary 50 %', 'promote', 'rewrite endpoint']);
    expect(view.wayBack).toContain(`v1 on ${incumbent.configName}`);
    expect(await everything()).toEqual(quiet);
  });

  test('says what the rollout would refuse, with exit code 2', async () => {
    await world.aws.sagemaker.createModel({
      ModelName: 'theirs',
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/x',
      PrimaryContainer: { Image: 'classifier:1' },
    });
    await world.aws.sagemaker.createEndpointConfig({
      EndpointConfigName: 'theirs',
      ProductionVariants: [
        { VariantName: 'a', ModelName: 'theirs', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
    });
    await world.aws.sagemaker.createEndpoint({ EndpointName: 'theirs', EndpointConfigName: 'theirs' });
    await writeFile(path.join(cwd, 'theirs.yaml'), FILE.replace('endpoint: planned', 'endpoint: theirs'));
    const { code, out } = await sluice('plan', 'theirs.yaml');
    expect(code).toBe(2);
    expect(out).toMatch(/ERROR +endpoint: Endpoint theirs exists and was not made by Sluice/);
  });

  test('offline it needs no AWS at all, and goes by what is typed', async () => {
    const url = process.env['AWS_ENDPOINT_URL'];
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
    const { code, out } = await sluice('plan', 'rollout.yaml', '--offline', '--rps', '200', '--rates', 'errors=5%');
    const online = await sluice('plan', 'rollout.yaml');
    process.env['AWS_ENDPOINT_URL'] = url;
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, ' ')).toContain('2× the bad events (5 % → 10 %) fails in');
    expect(online).toMatchObject({ code: 3, out: '' });
    expect(online.err).toContain('sluice plan --offline');
  });

  test.each([
    [['--rates', 'errors=5%'], /--rates needs --rps/],
    [['--rps', '5', '--rates', 'latency=5%'], /names latency, which is no guard of the file: errors/],
    [['--rps', '5', '--rates', 'errors'], /errors=0.5%,quality=12%/],
    [['--offline', '--prices', 'rollout.yaml'], /is no price table/],
  ])('what cannot be meant is said: %j', async (words, said) => {
    const { code, err } = await sluice('plan', 'rollout.yaml', ...words);
    expect(code).toBe(2);
    expect(err).toMatch(said);
  });
});
