import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'node:http';
import { packArtifact } from '../../examples/product-reviews/artifact';
import { loadReviews } from '../../examples/product-reviews/data';
import { buildVersions, type ModelVersion } from '../../examples/product-reviews/versions';
import { startContainer, type RunningContainer } from './container';

const { heldOut, training } = loadReviews();
const versions = buildVersions({ heldOut, training });

const post = (container: RunningContainer, body: unknown, type = 'application/json') =>
  fetch(`${container.url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

function packed(name: ModelVersion['name']): Uint8Array {
  const version = versions.find((v) => v.name === name);
  if (version === undefined) throw new Error(`no ${name}`);
  return packArtifact(version.files);
}

describe('the container', () => {
  let container: RunningContainer;

  beforeAll(async () => {
    container = await startContainer(packed('v2'));
  });

  afterAll(async () => {
    await container.stop();
  });

  test('answers a ping with an empty 200, as SageMaker wants it before it sends traffic', async () => {
    const response = await fetch(`${container.url}/ping`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  test('answers one review, or several in order', async () => {
    const one = await post(container, { text: 'Excellent phone, love it.' });
    expect(await one.json()).toEqual({ predictions: [{ label: 'positive', score: expect.any(Number) }] });
    const two = await post(container, { instances: [{ text: 'Awful. Avoid.' }, { text: 'Works great!' }] });
    expect(await two.json()).toMatchObject({ predictions: [{ label: 'negative' }, { label: 'positive' }] });
  });

  test.each([
    ['no JSON', '{"text', 'application/json', 400],
    ['no text', '{"review":"x"}', 'application/json', 400],
    ['null', 'null', 'application/json', 400],
    ['one bad instance among good ones', '{"instances":[{"text":"x"},{"text":1}]}', 'application/json', 400],
    ['another content type', 'text\nx', 'text/csv', 415],
    ['more than SageMaker lets through', `{"text":"${'x'.repeat(6 * 1024 * 1024)}"}`, 'application/json', 413],
  ])('blames the caller for %s', async (_, body, type, status) => {
    const response = await post(container, body, type);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });

  test('knows no other path or method', async () => {
    expect((await fetch(`${container.url}/models`)).status).toBe(404);
    expect((await fetch(`${container.url}/invocations`)).status).toBe(405);
  });
});

test.each(versions)(
  'serves $name as accurately as it was measured: what is shipped is what was tested',
  async (version) => {
    const container = await startContainer(packArtifact(version.files));
    try {
      const answers = await Promise.all(
        heldOut.map(async (review) => {
          const response = await post(container, { text: review.text });
          return {
            status: response.status,
            isRight: JSON.stringify(await response.json()).includes(`"${review.label}"`),
          };
        })
      );
      const answered = answers.filter((answer) => answer.status === 200);
      expect(answers.every(({ status }) => status === 200 || status === 500)).toBe(true);
      expect(1 - answered.length / answers.length).toBeCloseTo(version.quality.errorRate, 10);
      expect(answered.filter((a) => a.isRight).length / answered.length).toBeCloseTo(version.quality.accuracy, 10);
    } finally {
      await container.stop();
    }
  }
);

test('a container that is told to end answers the request that it is reading, and ends although its caller keeps the connection', async () => {
  const container = await startContainer(packed('v1'));
  const body = '{"text":"great!"}';
  const agent = new Agent({ keepAlive: true });
  const call = request(`${container.url}/invocations`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  });
  const answered = new Promise((resolve, reject) => {
    call.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
  });
  call.write(body.slice(0, 8));
  // Only a server that has the connection can lose a request on it.
  await (await fetch(`${container.url}/ping`)).text();
  const ended = container.stop('SIGTERM');
  while (await isListening(container.url)) await new Promise((resolve) => setImmediate(resolve));
  call.end(body.slice(8));
  expect(await answered).toBe(200);
  expect(await ended).toBe(0);
  agent.destroy();
});

async function isListening(url: string): Promise<boolean> {
  return fetch(`${url}/ping`, { headers: { connection: 'close' } }).then(
    async (response) => (await response.text()) === '',
    () => false
  );
}

test('a container without a model ends at once instead of answering pings', async () => {
  await expect(startContainer(packArtifact([{ path: 'model.json', content: '{}' }]))).rejects.toThrow('ended');
});
