import { describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import type { Stage } from '../../spec/types';
import { startCodecService } from '../../scripts/codec-service';
import { connectClient, connectWorker } from '../../worker/connection';
import { readConnectionSettings } from '../../worker/connection-settings';
import { createWorker } from '../../worker/create-worker';
import { dataConverterOf } from '../../worker/data-converter';
import { EncryptingCodec, parsePayloadKeys } from '../../worker/payload-codec';
import type { PayloadKeys } from '../../worker/payload-codec';
import type { rollout } from '../../workflows';
import { stateQuery, verbUpdate } from '../../workflows/messages';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { readable, textOf } from '../support/plain-payloads';
import { aSpec } from '../support/spec';

const OLD = `2025:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `2026:${Buffer.alloc(32, 2).toString('base64')}`;

function keys(text: string): PayloadKeys {
  const parsed = parsePayloadKeys(text);
  if (parsed === null) throw new Error(`no keys: ${text}`);
  return parsed;
}

const plain = defaultPayloadConverter.toPayload({ who: 'ana@example.org', token: 'ey…' });

describe('the payload codec', () => {
  test('gives back what it was given, and shows nothing but the key’s name', async () => {
    const codec = new EncryptingCodec(keys(NEW));
    const [sealed] = await codec.encode([plain]);
    expect(Buffer.from(sealed?.data ?? []).toString('latin1')).not.toContain('ana');
    expect(Object.values(sealed?.metadata ?? {}).map((value) => Buffer.from(value).toString())).toEqual([
      'binary/encrypted',
      '2026',
    ]);
    const [again] = await codec.encode([plain]);
    expect(again?.data).not.toEqual(sealed?.data);
    const [open] = await codec.decode(sealed === undefined ? [] : [sealed]);
    expect(open === undefined ? null : defaultPayloadConverter.fromPayload(open)).toEqual({
      who: 'ana@example.org',
      token: 'ey…',
    });
  });

  test('reads what older keys have written and what was written without, and says which key it lacks', async () => {
    const before = await new EncryptingCodec(keys(OLD)).encode([plain]);
    const [open, asIs] = await new EncryptingCodec(keys(`${NEW},${OLD}`)).decode([...before, plain]);
    expect(open?.data).toEqual(asIs?.data);
    await expect(new EncryptingCodec(keys(NEW)).decode(before)).rejects.toThrow(
      'A payload was encrypted with the key 2025, and SLUICE_PAYLOAD_KEY has 2026. Add it there.'
    );
  });

  test('opens nothing that was changed, nor what another key of that name has sealed', async () => {
    const codec = new EncryptingCodec(keys(NEW));
    const [sealed] = await codec.encode([plain]);
    const data = Uint8Array.from(sealed?.data ?? []);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    const other = new EncryptingCodec(keys(`2026:${Buffer.alloc(32, 3).toString('base64')}`));
    await expect(codec.decode([{ ...sealed, data }])).rejects.toThrow(/does not open with the key 2026/);
    await expect(other.decode(sealed === undefined ? [] : [sealed])).rejects.toThrow(/does not open with the key 2026/);
  });

  test.each(['', 'abc', 'a:c2hvcnQ=', `${NEW},${NEW}`, `${NEW},`])(
    'a setting that is no key is refused, and not repeated: %j',
    (text) => {
      expect(parsePayloadKeys(text)).toBeNull();
      if (text === '') return;
      const read = (): unknown => dataConverterOf({ SLUICE_PAYLOAD_KEY: text });
      expect(read).toThrow(/^SLUICE_PAYLOAD_KEY is "…"; allowed: id:base64 of 32 bytes/);
    }
  );
});

test('the codec service opens payloads for the one page that may ask, and seals what is typed there', async () => {
  const codec = new EncryptingCodec(keys(NEW));
  const service = await startCodecService(codec, { port: 0, origin: 'http://localhost:8233' });
  const post = async (
    path: string,
    body: unknown
  ): Promise<{ status: number; body: unknown; origin: string | null }> => {
    const answer = await fetch(`${service.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const origin = answer.headers.get('access-control-allow-origin');
    return { status: answer.status, body: await answer.json(), origin };
  };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const typed = { metadata: { encoding: base64('json/plain') }, data: base64('{"who":"ana"}') };
  const sealed = await post('/encode', { payloads: [typed] });
  expect(JSON.stringify(sealed.body)).toContain(base64('binary/encrypted'));
  const open = await post('/decode', sealed.body);
  expect(open).toEqual({ status: 200, body: { payloads: [typed] }, origin: 'http://localhost:8233' });
  expect((await post('/decode', { payload: 1 })).status).toBe(400);
  expect((await post('/encode', {})).body).toEqual({ payloads: [] });
  expect((await post('/else', {})).status).toBe(404);
  const [lost] = await new EncryptingCodec(keys(OLD)).encode([plain]);
  const metadata = { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('2025') };
  const unknown = await post('/decode', {
    payloads: [{ metadata, data: Buffer.from(lost?.data ?? []).toString('base64') }],
  });
  expect([unknown.status, JSON.stringify(unknown.body)]).toEqual([400, expect.stringContaining('the key 2025')]);
  await service.close();
});

const dev = withDevServer();

test('with a key no payload of a rollout can be read in Temporal, tokens, reasons and failures included; with the key all can', async () => {
  const settings = readConnectionSettings({ address: dev().server.address, env: {} });
  const dataConverter = dataConverterOf({ SLUICE_PAYLOAD_KEY: NEW });
  if (dataConverter === undefined) throw new Error('no converter');
  const fake = fakeActivities({ tick: () => goodTick, failures: { deploy: ['Throttled'] } });
  const taskQueue = `sealed-${randomUUID()}`;
  const [own, stranger, connected] = await Promise.all([
    connectClient({ settings, dataConverter }),
    connectClient({ settings }),
    connectWorker({ settings, dataConverter }),
  ]);
  const worker = await createWorker({
    connection: connected.connection,
    namespace: connected.namespace,
    taskQueue,
    activities: fake.activities,
    dataConverter,
  });
  const token: Stage = {
    kind: 'approval',
    approvers: [],
    need: 1,
    withinMs: 600_000,
    otherwise: 'reject',
    identity: { kind: 'token', issuer: 'i', audience: 'a', jwks: 'https://example.org/jwks', claim: 'email' },
  };
  const workflowId = `rollout/sealed/${randomUUID()}`;
  await worker.runUntil(async () => {
    const handle = await own.client.workflow.start<typeof rollout>('rollout', {
      workflowId,
      taskQueue,
      args: [
        {
          spec: aSpec({ tickMs: 1_000, stages: [token, ...aSpec().stages.slice(0, 1)] }),
          number: 1,
          searchAttributes: true,
          carried: null,
        },
      ],
    });
    await until(
      async () => (await handle.query(stateQuery)).phase,
      ({ kind }) => {
        if (kind === 'ended') throw new Error('it ended before anybody was asked');
        return kind === 'approving';
      }
    );
    const message = { who: 'ana@example.org', why: 'the numbers look right', token: 'the-secret-token' };
    await handle.executeUpdate(verbUpdate('approve'), { args: [message] });
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'promoted' } });
  });
  const history = await stranger.client.workflow.getHandle(workflowId).fetchHistory();
  expect(readable(history)).toEqual([]);
  const whole = textOf(history);
  const secrets = ['the-secret-token', 'numbers look right', 'arn:aws:iam', 'failed as the test asked'];
  expect(secrets.filter((secret) => whole.includes(secret))).toEqual([]);
  await Promise.all([own.close(), stranger.close(), connected.close()]);
});
