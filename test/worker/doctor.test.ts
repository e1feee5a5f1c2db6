import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readConnectionSettings } from '../../worker/connection-settings';
import { type Check, diagnose } from '../../worker/doctor';
import { checkNode, checkSageMaker } from '../../worker/doctor-checks';
import { freePort } from '../../worker/server/ports';
import { createWorker } from '../../worker/create-worker';
import { withDevServer } from '../support/dev-server';
import { temporaryFolder } from './support/fake-binaries';
import { serve } from './support/local-server';

const clients: SageMakerClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

function sagemakerAt(endpoint: string): SageMakerClient {
  const client = new SageMakerClient({
    endpoint,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  clients.push(client);
  return client;
}

/** A SageMaker that answers every call alike. */
async function sagemaker(status: number, body: object): Promise<SageMakerClient> {
  const { url } = await serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  return sagemakerAt(url);
}

const named = (checks: readonly Check[], name: string): Check | undefined =>
  checks.find((check) => check.name === name);

describe('with a cluster', () => {
  const dev = withDevServer();
  const settings = (namespace = 'default') =>
    readConnectionSettings({ address: dev().server.address, namespace, env: {} });

  test('what is right is found, and the missing worker has a remedy', async () => {
    const env = { XDG_CACHE_HOME: await temporaryFolder(), SLUICE_TASK_QUEUE: 'lonely' };
    const checks = await diagnose({ env, settings: settings(), sagemaker: await sagemaker(200, { Endpoints: [] }) });
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['Node.js', true],
      ['Temporal', true],
      ['Namespace', true],
      ['Search attributes', true],
      ['Worker', false],
      ['SageMaker', true],
      ['Downloaded servers', true],
    ]);
    expect(checks.every(({ ok, remedy }) => ok === (remedy === null))).toBe(true);
    expect(named(checks, 'Worker')).toMatchObject({
      found: 'nobody polls "lonely"',
      remedy: expect.stringMatching(/sluice dev/),
    });
    expect(named(checks, 'SageMaker')?.found).toMatch(/^answers in eu-west-1 at http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('a polling worker is named', async () => {
    const worker = await createWorker({
      connection: dev().env.nativeConnection,
      namespace: 'default',
      taskQueue: 'busy',
      activities: {},
      shutdownGraceMs: 0,
    });
    await worker.runUntil(async () => {
      const env = { SLUICE_TASK_QUEUE: 'busy' };
      let found: Check | undefined;
      // The server lists a poller only once its first poll has arrived.
      while (!found?.ok)
        found = named(
          await diagnose({ env, settings: settings(), sagemaker: sagemakerAt('http://127.0.0.1:1') }),
          'Worker'
        );
      expect(found.found).toContain(`${process.pid}@`);
    });
  });

  test('a namespace that does not exist comes with the command that makes it', async () => {
    const checks = await diagnose({ env: {}, settings: settings('nowhere'), sagemaker: await sagemaker(200, {}) });
    expect(named(checks, 'Namespace')).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('temporal operator namespace create'),
    });
    expect(named(checks, 'Worker')).toBeUndefined();
  });

  test('search attributes are not asked for when they are off', async () => {
    const env = { SLUICE_SEARCH_ATTRIBUTES: 'off' };
    const checks = await diagnose({ env, settings: settings(), sagemaker: await sagemaker(200, {}) });
    expect(named(checks, 'Search attributes')).toBeUndefined();
  });
});

test('without a cluster the check says which address, and what to start', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const settings = readConnectionSettings({ address, env: {} });
  const checks = await diagnose({ env: {}, settings, sagemaker: await sagemaker(200, {}) });
  expect(named(checks, 'Temporal')).toEqual({
    name: 'Temporal',
    ok: false,
    found: `Cannot reach Temporal at ${address} (as asked): nobody listens there.`,
    remedy: expect.stringContaining('sluice dev'),
  });
});

test.each([
  [
    'denies access',
    400,
    { __type: 'AccessDeniedException', message: 'not authorized to ListEndpoints' },
    /not authorized/,
  ],
  ['fails', 500, { __type: 'InternalFailure', message: 'oops' }, /oops/],
])('SageMaker that %s is found with its own words', async (_what, status, body, reason) => {
  const settings = readConnectionSettings({ address: '127.0.0.1:1', env: {} });
  const checks = await diagnose({ env: {}, settings, sagemaker: await sagemaker(status, body) });
  expect(named(checks, 'SageMaker')).toMatchObject({ ok: false, found: expect.stringMatching(reason) });
});

test('SageMaker that says nothing is given up', async () => {
  const { url } = await serve(() => undefined);
  expect(await checkSageMaker(sagemakerAt(url), 50)).toMatchObject({ ok: false, found: 'no answer within 50 ms' });
});

test.each([
  ['v20.3.0', true],
  ['v20.2.9', false],
  ['v18.20.0', false],
  ['v24.1.0', true],
])('Node.js %s is good enough: %p', (version, ok) => {
  expect(checkNode(version).ok).toBe(ok);
});
