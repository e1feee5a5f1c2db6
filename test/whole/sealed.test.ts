import { SageMaker } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { RolloutView } from '../../report';
import { resolveBinary } from '../../worker/server';
import type { EndpointStatus } from '../scripts/desk';
import { recordingOutput, run } from '../scripts/run-main';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { Monitored } from '../support/monitored';
import { readable, textOf } from '../support/plain-payloads';
import { ROLE } from '../support/sandbox/harness';
import { WholeStack } from '../support/whole-stack';

const KEY = { SLUICE_PAYLOAD_KEY: `2026:${Buffer.alloc(32, 7).toString('base64')}` };
/** What only the files, the messages and the results say. */
const SECRETS = ['a-secret-of-the-model', 'a-secret-of-the-reviewer', 'accuracy', ROLE, 's3://'];
const ENDPOINT = 'sealed';

// Rollouts and owners go on as new early.
const dev = withDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } });
const stack = new WholeStack(dev, 1_000, KEY);
const world = new Monitored(stack, dev);
const codec = { out: recordingOutput(), stop: new AbortController() };
let traffic: LiveTraffic | undefined;
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-sealed-'));
const env = (): Readonly<Record<string, string>> => ({
  ...KEY,
  TEMPORAL_ADDRESS: dev().server.address,
  SLUICE_TASK_QUEUE: stack.taskQueue,
  SLUICE_USER: 'ana@example.org',
});

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
  await world.put('daily/2026-11-28/a.csv', 'a,1\nb,2\n');
  await new SageMaker(stack.aws).createModel({
    ModelName: 'echo',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'batch:1' },
  });
});
afterAll(async () => {
  codec.stop.abort();
  await traffic?.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The second is never wrong: a monitor takes one that is as often right as its baseline for worse once in a hundred windows. */
const WRONG = { v1: { WRONG: '0.3' }, v2: { WRONG: '0' } };

function file(candidate: 'v1' | 'v2'): string {
  const { capture, labels, counts } = stack.buckets;
  const at = path.join(folder, `${candidate}.yaml`);
  const container = { image: 'classifier:1', environment: { NOTE: 'a-secret-of-the-model', ...WRONG[candidate] } };
  const data = { dataset: 's3://capture/whole/training.csv', label: 'label', prediction: 'prediction' };
  const spec = {
    endpoint: ENDPOINT,
    aws: { role: ROLE },
    capture: { to: capture },
    schema: { prediction: '$.predictions[0].label' },
    groundTruth: { from: labels, maturity: '3s' },
    counts: { from: counts },
    tick: '1s',
    baseline: {
      ...{ lookback: '30s', atLeast: 100, atMost: '60s', ...data },
      ...{ problem: 'MulticlassClassification', to: 's3://capture/reports' },
    },
    candidates: [{ name: candidate, container, instance: { type: 'ml.m5.large', count: 1 } }],
    guards: [
      { kind: 'errors', promoteWithin: { oddsRatio: 1.5 }, slo: '10%' },
      { kind: 'quality', metric: 'accuracy', promoteWithin: { absolute: '10%' } },
    ],
    stages: [
      { canary: { share: '50%', until: { decided: true, atMost: '90s' }, onInconclusive: 'rollBack' } },
      { approval: { approvers: ['ana@example.org', 'bo@example.org'], need: 2, within: '10m', otherwise: 'reject' } },
    ],
    monitors: [{ kind: 'modelQuality', name: 'quality', schedule: 'hourly', options: { leastRows: 20 } }],
    batch: [
      {
        ...{ name: 'nightly', schedule: '0 2 * * *', model: { existing: 'echo' }, contentType: 'text/csv' },
        ...{ input: 's3://capture/daily/{date}/', output: 's3://capture/scored/' },
      },
    ],
  };
  writeFileSync(at, stringify(spec));
  return at;
}

/** A command line that has the key; it must end well. */
async function sluice(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await run(words, { cwd: folder, env: env() });
  if (code !== 0) throw new Error(`sluice ${words.join(' ')} ended with ${code}: ${err}${out}`);
  return out;
}

async function json<T>(...words: readonly string[]): Promise<T> {
  return JSON.parse(await sluice(...words, '--json')) as T;
}

/** Everything that the server keeps, as whoever has no key gets it. */
async function kept() {
  const { client } = dev().env;
  const { workflowService: service } = client;
  const { namespace } = client.options;
  const { executions } = await service.listWorkflowExecutions({ namespace });
  const { schedules } = await service.listSchedules({ namespace, maximumPageSize: 100 });
  const described = schedules.map(({ scheduleId = null }) => service.describeSchedule({ namespace, scheduleId }));
  const runs = executions.map(async ({ execution = null }) => ({
    history: await service.getWorkflowExecutionHistory({ namespace, execution }),
    described: await service.describeWorkflowExecution({ namespace, execution }),
  }));
  return {
    runs: await Promise.all(runs),
    schedules: await Promise.all(described),
    lists: { executions, schedules },
  };
}

test('with a payload key all that a person does goes as without, the server keeps nothing readable, and the codec service opens it', async () => {
  const executable = (await resolveBinary('cli')).path;
  const serving = run(['codec', '--port', '0'], { env: env(), out: codec.out, stop: codec.stop.signal });
  const [, codecUrl = ''] = await until(
    () => / at (http:\S+)\. /.exec(codec.out.text()) ?? [],
    ([found]) => found !== undefined
  );
  /** Temporal's own command line. */
  const temporal = async (...words: readonly string[]): Promise<string> => {
    const all = [...words, '--address', dev().server.address, '--codec-endpoint', codecUrl];
    return (await promisify(execFile)(executable, all, { maxBuffer: 64 * 1024 * 1024 })).stdout;
  };

  expect(await sluice('deploy', file('v1'), '--watch')).toContain('v1');
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 60 });
  expect(await sluice('deploy', file('v2'))).toContain(`Queued rollout/${ENDPOINT}/2`);
  // A machine that is busy elsewhere answers late, which `status` says by its code; it is asked again.
  const isAwaited = async (): Promise<boolean> => {
    const { code, out } = await run(['status', `rollout/${ENDPOINT}/2`, '--json'], { env: env() });
    return code === 0 && (JSON.parse(out) as RolloutView).approval !== null;
  };
  while (!(await isAwaited())) await sleep(300);
  await sluice('approve', ENDPOINT, '--why', 'a-secret-of-the-reviewer');
  // As from Temporal's own tools, which seal what is typed with the codec service.
  const typed = JSON.stringify({ who: 'bo@example.org', why: 'fine' });
  const [workflow] = [['--workflow-id', `rollout/${ENDPOINT}/2`]];
  await temporal('workflow', 'signal', ...workflow, '--name', 'approve', '--input', typed);
  await sluice('watch', ENDPOINT, '--every', '100ms');
  await traffic.stop();
  await world.flush();
  expect(traffic.drops).toEqual([]);

  const history = await json<EndpointStatus>('history', ENDPOINT);
  expect(history.past.map(({ candidate, outcome }) => [candidate, outcome.kind])).toEqual([
    ['v2', 'promoted'],
    ['v1', 'promoted'],
  ]);
  const card = await json<{ readonly measurements: readonly unknown[] }>('report', ENDPOINT);
  expect(card.measurements.length).toBeGreaterThan(0);

  // The promotion has made the monitor's schedule, and `deploy` the batch's.
  const judged = await json<{ readonly outcome: object }>('monitor', 'run', file('v2'), 'quality');
  expect(judged.outcome).toMatchObject({ verdict: 'pass' });
  const monitors = await json<readonly object[]>('monitor', 'list', ENDPOINT);
  expect(monitors).toMatchObject([{ monitor: 'quality', last: { last: { verdict: 'pass' } } }]);
  await sluice('batch', 'backfill', ENDPOINT, 'nightly', '--from', '2026-11-28', '--to', '2026-11-28');
  await until(
    () => json<{ readonly runs: readonly { readonly status: string }[] }>('batch', 'describe', ENDPOINT, 'nightly'),
    ({ runs }) => runs.some(({ status }) => status === 'done')
  );
  expect(await sluice('batch', 'history', ENDPOINT)).toContain('2 records of 1 object');

  const all = await kept();
  expect(all.lists.schedules).toHaveLength(2);
  expect(all.runs.length).toBeGreaterThan(5);
  const continued = all.runs.filter(({ described }) => textOf(described.workflowExecutionInfo?.status) === '6');
  expect(continued.length).toBeGreaterThan(1);
  expect(readable(all)).toEqual([]);
  const text = textOf(all);
  // The words are looked for where there are some.
  expect(text).toContain(`batch/${ENDPOINT}/nightly-`);
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);

  const open = await temporal('workflow', 'show', ...workflow, '--output', 'json');
  const opened = [...open.matchAll(/"data": "([^"]*)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString()
  );
  expect(opened.filter((data) => data.includes('a-secret-of-the-reviewer'))).not.toEqual([]);
  expect(await temporal('workflow', 'query', ...workflow, '--type', 'state')).toContain('a-secret-of-the-model');
  codec.stop.abort();
  expect((await serving).code).toBe(0);
});
