import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseCounts } from '../../gateway';
import type { CountsDocument } from '../../gateway';
import { assignmentDocument } from '../../gateway/assignment-document';
import { formatAssignment } from '../../gateway/assignment-format';
import { parseEvents } from '../../gateway/event-format';
import { parseExposures } from '../../gateway/exposure-format';
import { forkSource, untilEnd } from '../support/processes';
import { createEndpoint, startTestSandbox, type TestSandbox } from '../support/sandbox/harness';
import { run } from './run-main';
import { until } from './until';

let box: TestSandbox;
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-gateway-'));

beforeAll(async () => {
  box = await startTestSandbox();
  for (const Bucket of ['control', 'counts', 'exposures', 'labels', 'events']) await box.s3.createBucket({ Bucket });
  await createEndpoint(box.sagemaker, {
    name: 'reviews',
    variants: [
      { name: 'v7', env: { REPLY: '{"from":"v7"}' } },
      { name: 'v8', weight: 0, env: { REPLY: '{"from":"v8"}' } },
    ],
  });
  const document = assignmentDocument({
    endpoint: 'reviews',
    previous: null,
    nowMs: Date.now(),
    expiresAfterMs: 3_600_000,
    salt: 's',
    routing: {
      kind: 'shares',
      incumbent: 'v7',
      sharesPct: { v7: 0, v8: 100 },
      targetGroups: ['beta'],
      groups: { beta: ['ana'] },
    },
  });
  await box.s3.putObject({
    Bucket: 'control',
    Key: 'assignments/reviews.json',
    Body: formatAssignment(document),
  });
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The service as a process of its own, as people run it. */
async function startService(args: readonly string[]): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = forkSource('test/scripts/sluice-process.ts', {
    args: ['gateway', 'serve', '--endpoint', 'reviews', '--port', '0', ...args],
    env: { ...box.sandbox.env, AWS_ENDPOINT_URL: box.sandbox.url },
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /"url":"([^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', () => reject(new Error(text)));
  });
  return { child, url };
}

/** A call that the service has begun to read: it has asked for the body. */
async function openCall(
  url: string,
  headers: Readonly<Record<string, string>>
): Promise<{ finish(body: string): Promise<number | undefined> }> {
  const call = request(`${url}/invocations`, { method: 'POST', headers: { ...headers, expect: '100-continue' } });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    call.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
  });
  const asked = new Promise((resolve) => call.once('continue', resolve));
  call.flushHeaders();
  await Promise.race([asked, answered]);
  return {
    finish(body) {
      call.end(body);
      return answered;
    },
  };
}

async function linesBelow(Bucket: string): Promise<string> {
  const { Contents = [] } = await box.s3.listObjectsV2({ Bucket });
  const bodies = Contents.map(async ({ Key }) => (await box.s3.getObject({ Bucket, Key })).Body?.transformToString());
  return (await Promise.all(bodies)).join('');
}

describe('sluice gateway serve', () => {
  test('answers by the assignment, takes feedback, and on SIGTERM answers what is open and writes everything', async () => {
    const { child, url } = await startService([
      ...['--assignment', 's3://control', '--counts', 's3://counts', '--exposures', 's3://exposures'],
      ...['--labels', 's3://labels', '--events', 's3://events', '--window', '10m'],
    ]);
    const ended = untilEnd(child);
    const post = (headers: Record<string, string>, body = '{"text":"Great."}'): Promise<Response> =>
      fetch(`${url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    const feedback = (body: unknown): Promise<Response> =>
      fetch(`${url}/feedback`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

    expect(await (await fetch(`${url}/ping`)).json()).toEqual({ status: 'ok', endpoint: 'reviews' });
    // A new process loads much of the SDK for its first read, which on a busy machine may last longer than a gateway waits for it.
    await until(
      () => post({ 'x-sluice-user': 'ana', 'x-sluice-probe': 'true' }),
      ({ headers }) => headers.get('x-sluice-routed-by') === 'drawn'
    );
    const drawn = await post({ 'x-sluice-user': 'ana' });
    expect(await drawn.json()).toEqual({ from: 'v8' });
    const id = drawn.headers.get('x-sluice-inference-id') ?? '';
    expect(Object.fromEntries(drawn.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-sluice-variant': 'v8',
      'x-sluice-routed-by': 'drawn',
      'x-sluice-epoch': '1',
    });
    expect(await (await post({ 'x-sluice-user': 'bob' })).json()).toEqual({ from: 'v7' });
    expect(await (await post({ 'x-sluice-user': 'bob', 'x-sluice-group': 'beta' })).json()).toEqual({ from: 'v8' });
    expect(await (await post({ 'x-sluice-override': 'v8' })).json()).toEqual({ from: 'v8' });
    const named = await post({ 'x-sluice-inference-id': 'order-7', 'x-sluice-user': 'ana' }, '{"status":500}');
    expect([named.status, named.headers.get('x-sluice-inference-id'), await named.text()]).toEqual([
      500,
      'order-7',
      'failed with 500',
    ]);
    const refused = await post({ 'x-sluice-override': 'v9' });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: expect.stringContaining('v9'), type: 'ValidationError' },
    ]);

    const event = { event: 'conversion', userId: 'ana', at: '2026-01-31T12:00:00Z' };
    const taken = await feedback([{ inferenceId: id, label: 'positive' }, event, event]);
    const { ids } = (await taken.json()) as { readonly ids: readonly string[] };
    expect([taken.status, ids]).toEqual([202, [id, ids[1], ids[1]]]);
    const bad = await feedback([event, { event: 'conversion' }, { label: 'x' }]);
    expect([bad.status, await bad.json()]).toEqual([
      400,
      { error: expect.stringMatching(/message 1: .*userId.*message 2: .*inferenceId/), type: 'Refusal' },
    ]);
    expect((await feedback('{')).status).toBe(400);
    expect((await fetch(`${url}/feedback`)).status).toBe(405);
    expect((await fetch(`${url}/models`)).status).toBe(404);
    expect((await post({}, 'x'.repeat(6 * 1024 * 1024 + 1))).status).toBe(413);

    const open = await openCall(url, { 'x-sluice-user': 'ana' });
    child.kill('SIGTERM');
    expect(await open.finish('{"text":"Great."}')).toBe(200);
    const { code, output } = await ended;
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"event":"stopped"') });
    for (const line of output.trimEnd().split('\n')) {
      if (line.startsWith('{')) expect(JSON.parse(line)).toMatchObject({ at: expect.any(String), level: 'info' });
    }

    // Windows end by the clock: one may have ended in the middle of this.
    const counted = parseCounts(await linesBelow('counts'));
    const sum = (of: (one: CountsDocument) => number | undefined): number =>
      counted.reduce((total, one) => total + (of(one) ?? 0), 0);
    expect({
      outside: sum(({ routing }) => routing?.outside),
      overridden: sum(({ routing }) => routing?.overridden),
      drawn: sum(({ routing }) => routing?.drawn.find(({ epoch }) => epoch === 1)?.requests.v8),
      requests: sum(({ variants }) => variants.v8?.requests),
      errors5xx: sum(({ variants }) => variants.v8?.errors5xx),
    }).toEqual({ outside: 1, overridden: 2, drawn: 4, requests: 4, errors5xx: 1 });
    expect(
      parseExposures(await linesBelow('exposures'))
        .map(({ userId }) => userId)
        .sort()
    ).toEqual(['ana', 'ana', 'ana', 'bob']);
    expect(parseEvents(await linesBelow('events')).map(({ eventId }) => eventId)).toEqual([ids[1], ids[1]]);
    expect(await linesBelow('labels')).toContain(`"eventId":"${id}"`);
  });

  test.each([
    [['--counts', 'counts', '--labels', 's3:/x'], /--counts: Not an S3 address: counts[^]*--labels/],
    [['--transforms', 'bad.json'], /bad\.json: The transforms cannot be used: version is 7/],
    [['--transforms', 'none.json'], /none\.json/],
    [['--port', '70000'], /65535/],
    [['--refresh', 'soon'], /90s, 10m or 2h/],
  ])('says what is wrong with %j before it listens', async (args, said) => {
    writeFileSync(path.join(folder, 'bad.json'), '{"version":7}');
    const { code, err } = await run(['gateway', 'serve', '--endpoint', 'reviews', '--port', '0', ...args], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(err).toMatch(said);
  });

  test('its help names the headers', async () => {
    const { code, out } = await run(['gateway', 'serve', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('X-Sluice-User');
    expect(out).toMatch(/Examples:\n {2}sluice gateway serve/);
  });
});
