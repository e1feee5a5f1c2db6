import { afterEach, describe, expect, test } from '@jest/globals';
import { createGateway, parseCounts, probeAttribute, type Gateway, type GatewayOptions } from '../../gateway';
import { startFakeAws, type FakeAws, type ModelReply, type PutFate } from './fake-aws';
import { sumCounts } from './sum-counts';

const logStreamOf = (variant: string): string =>
  `arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/reviews:log-stream:${variant}/i-0abc`;

const json = { body: '{"text":"Great."}', contentType: 'application/json' };
const noon = Date.UTC(2026, 0, 31, 12, 0, 0);

let aws: FakeAws;
let gateway: Gateway;
/** The gateway's clock; background flushes never fire within a test, as the window is an hour of real time or none is asked for. */
let nowMs = noon;

async function start(options: {
  readonly invoke?: () => ModelReply | Promise<ModelReply>;
  readonly put?: (path: string) => PutFate;
  readonly gateway?: Partial<GatewayOptions>;
}): Promise<void> {
  nowMs = noon;
  aws = await startFakeAws(options);
  gateway = createGateway({
    endpoint: 'reviews',
    runtime: aws.runtime,
    s3: aws.s3,
    counts: 's3://counts/all/',
    labels: 's3://labels/reviews',
    flushMs: 60_000,
    now: () => nowMs,
    ...options.gateway,
  });
}

afterEach(async () => {
  await gateway.close().catch(() => undefined);
  await aws.close();
});

const documents = () =>
  [...aws.objects].filter(([path]) => path.startsWith('counts/')).flatMap(([, body]) => parseCounts(body));

const tally = () => sumCounts(documents());

describe('invoke', () => {
  test('passes the call on and returns the answer with its variant and a fresh inference id', async () => {
    await start({ invoke: () => ({ kind: 'answer', variant: 'v2', body: '{"a":1}' }) });
    const first = await gateway.invoke({ ...json, accept: 'application/json' });
    const second = await gateway.invoke(json);
    expect(first).toMatchObject({ ok: true, status: 200, variant: 'v2', contentType: 'application/json' });
    expect(Buffer.from(first.body).toString()).toBe('{"a":1}');
    expect(aws.calls[0]).toMatchObject({ endpoint: 'reviews', body: json.body });
    expect(aws.calls[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      'x-amzn-sagemaker-inference-id': first.inferenceId,
    });
    expect(first.inferenceId).not.toBe(second.inferenceId);
  });

  test('keeps the inference id that the application gives', async () => {
    await start({});
    expect((await gateway.invoke({ ...json, inferenceId: 'order-7' })).inferenceId).toBe('order-7');
    expect(aws.calls[0]?.headers['x-amzn-sagemaker-inference-id']).toBe('order-7');
  });

  test('returns a model error with the status of the model and the variant of its log stream', async () => {
    await start({
      invoke: () => ({ kind: 'modelError', status: 500, message: 'TypeError: boom', logStreamArn: logStreamOf('v4') }),
    });
    const result = await gateway.invoke(json);
    expect(result).toMatchObject({ ok: false, status: 500, variant: 'v4' });
    expect(Buffer.from(result.body).toString()).toBe('TypeError: boom');
    await gateway.close();
    expect(tally().variants.v4).toMatchObject({ requests: 1, errors4xx: 0, errors5xx: 1 });
    expect(tally().unattributed.requests).toBe(0);
  });

  test('counts a model error as unattributed when nothing names its variant', async () => {
    await start({ invoke: () => ({ kind: 'modelError', status: 400, message: 'no text' }) });
    expect((await gateway.invoke(json)).variant).toBeNull();
    await gateway.close();
    expect(tally().unattributed).toMatchObject({ requests: 1, errors4xx: 1, errors5xx: 0 });
    expect(tally().variants).toEqual({});
  });

  test('throws what the service says when no model was asked, and counts the call as unattributed', async () => {
    await start({ invoke: () => ({ kind: 'serviceError', status: 503, code: 'ServiceUnavailable' }) });
    await expect(gateway.invoke(json)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    await gateway.close();
    expect(tally().unattributed).toMatchObject({ requests: 1, errors5xx: 1 });
  });

  test('counts neither probes nor calls of testers, and marks both for the capture', async () => {
    await start({});
    await gateway.invoke({ ...json, probe: true });
    await gateway.invoke({ ...json, override: 'v2' });
    await gateway.invoke(json);
    await gateway.close();
    expect(aws.calls.map((call) => call.headers['x-amzn-sagemaker-custom-attributes'])).toEqual([
      probeAttribute,
      probeAttribute,
      undefined,
    ]);
    expect(aws.calls[1]?.headers['x-amzn-sagemaker-target-variant']).toBe('v2');
    expect(tally().variants.v1?.requests).toBe(1);
  });
});

describe('counts', () => {
  test('put each call into the window in which it ended, and each window into its hour', async () => {
    await start({});
    await gateway.invoke(json);
    nowMs = noon + 59_999;
    await gateway.invoke(json);
    nowMs = noon + 60_000;
    await gateway.invoke(json);
    await gateway.flush();
    expect(documents()).toHaveLength(1);
    expect(documents()[0]).toMatchObject({
      endpoint: 'reviews',
      windowStart: '2026-01-31T12:00:00.000Z',
      windowEnd: '2026-01-31T12:01:00.000Z',
      final: false,
      variants: { v1: { requests: 2, errors4xx: 0, errors5xx: 0 } },
    });
    expect([...aws.objects.keys()]).toEqual([
      expect.stringMatching(/^counts\/all\/reviews\/2026\/01\/31\/12\/00-00-000_[0-9a-f]{12}\.jsonl$/),
    ]);
    const latencies = documents()[0]?.variants.v1?.latencyCounts ?? [];
    expect(latencies.reduce((a, b) => a + b, 0)).toBe(2);
  });

  test('tell of a window without calls, so that silence is not taken for absence', async () => {
    await start({});
    nowMs = noon + 60_000;
    await gateway.flush();
    expect(documents()[0]).toMatchObject({ windowEnd: '2026-01-31T12:01:00.000Z', variants: {} });
    expect(documents()[0]?.unattributed.requests).toBe(0);
  });

  test('survive an S3 that refuses puts: the same object goes to the same key until it is taken', async () => {
    let refusals = 2;
    await start({ put: () => (refusals-- > 0 ? 'refuse' : 'keep') });
    await gateway.invoke(json);
    nowMs = noon + 60_000;
    await expect(gateway.flush()).rejects.toThrow('could not be written');
    await gateway.invoke(json);
    nowMs = noon + 120_000;
    await expect(gateway.flush()).rejects.toThrow('could not be written');
    await gateway.flush();
    const [first, ...repeats] = aws.puts;
    expect(repeats.slice(0, 2)).toEqual([first, first]);
    expect(tally().variants.v1?.requests).toBe(2);
  });

  test('are not doubled when S3 keeps an object but fails to say so', async () => {
    let lostAnswers = 1;
    await start({ put: () => (lostAnswers-- > 0 ? 'keepButFail' : 'keep') });
    await gateway.invoke(json);
    nowMs = noon + 60_000;
    await expect(gateway.flush()).rejects.toThrow('could not be written');
    await gateway.close();
    expect(aws.puts.length).toBeGreaterThan(aws.objects.size);
    expect(tally().variants.v1?.requests).toBe(1);
  });

  test('of two gateways on one endpoint do not collide', async () => {
    await start({});
    const other = createGateway({
      endpoint: 'reviews',
      runtime: aws.runtime,
      s3: aws.s3,
      counts: 's3://counts/all',
      flushMs: 60_000,
      now: () => nowMs,
    });
    await Promise.all([gateway.invoke(json), other.invoke(json)]);
    await Promise.all([gateway.close(), other.close()]);
    expect(tally().variants.v1?.requests).toBe(2);
    expect(new Set(documents().map((d) => d.gateway)).size).toBe(2);
  });

  test('include a call that was running when the gateway was closed', async () => {
    let answer: (reply: ModelReply) => void = () => undefined;
    let arrived: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const reply = new Promise<ModelReply>((resolve) => (answer = resolve));
    await start({
      invoke: () => {
        arrived();
        return reply;
      },
    });
    const call = gateway.invoke(json);
    await asked;
    const closed = gateway.close();
    await expect(gateway.invoke(json)).rejects.toThrow('closed');
    answer({ kind: 'answer', variant: 'v1', body: '{}' });
    await Promise.all([call, closed]);
    expect(tally().variants.v1?.requests).toBe(1);
    expect(documents().at(-1)?.final).toBe(true);
  });

  test('are written by themselves at each boundary of the clock', async () => {
    let put: () => void = () => undefined;
    const written = new Promise<void>((resolve) => (put = resolve));
    await start({
      put: () => {
        put();
        return 'keep';
      },
      gateway: { flushMs: 50, now: Date.now },
    });
    await written;
    expect(aws.puts[0]?.path).toMatch(/^counts\//);
  });

  test('that could not be written in the background are reported once a failure, and written when S3 is back', async () => {
    const reports: string[] = [];
    let refusals = 3;
    let put: () => void = () => undefined;
    const written = new Promise<void>((resolve) => (put = resolve));
    await start({
      put: () => {
        if (refusals-- > 0) return 'refuse';
        put();
        return 'keep';
      },
      gateway: { flushMs: 50, now: Date.now, onWriteError: (error) => reports.push(error.message) },
    });
    await written;
    expect(reports).toEqual([expect.stringMatching(/^s3:\/\/counts\/.* could not be written/)]);
  });
});

describe('feedback', () => {
  test('is written as ground truth that SageMaker can merge, in the hour in which it was given', async () => {
    await start({});
    gateway.feedback({ inferenceId: 'a', label: 'positive' });
    gateway.feedback({ inferenceId: 'b', label: 'so, so' });
    nowMs = noon + 3_600_000;
    gateway.feedback({ inferenceId: 'c', label: 1 });
    await gateway.flush();
    const labels = [...aws.objects].filter(([path]) => path.startsWith('labels/'));
    expect(labels.map(([path]) => path)).toEqual([
      expect.stringMatching(/^labels\/reviews\/2026\/01\/31\/12\/00-00-000_[0-9a-f]{12}_000000\.jsonl$/),
      expect.stringMatching(/^labels\/reviews\/2026\/01\/31\/13\/00-00-000_[0-9a-f]{12}_000001\.jsonl$/),
    ]);
    const lines = labels.flatMap(([, body]) =>
      body
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line))
    );
    const line = (eventId: string, data: string) => ({
      groundTruthData: { data, encoding: 'CSV' },
      eventMetadata: { eventId },
      eventVersion: '0',
    });
    expect(lines).toEqual([line('a', 'positive'), line('b', '"so, so"'), line('c', '1')]);
  });

  test('reaches its bucket although the one for counts is missing', async () => {
    await start({ put: (path) => (path.startsWith('counts/') ? 'refuse' : 'keep') });
    nowMs = noon + 60_000;
    gateway.feedback({ inferenceId: 'a', label: 'positive' });
    await expect(gateway.flush()).rejects.toThrow('s3://counts/');
    expect([...aws.objects.keys()]).toEqual([expect.stringMatching(/^labels\//)]);
  });

  test('is refused where it would be lost: without a place for labels, and after closing', async () => {
    await start({});
    const without = createGateway({ endpoint: 'reviews', runtime: aws.runtime, s3: aws.s3 });
    expect(() => without.feedback({ inferenceId: 'a', label: 'x' })).toThrow('no place for labels');
    await gateway.close();
    expect(() => gateway.feedback({ inferenceId: 'a', label: 'x' })).toThrow('closed');
  });
});

test('a gateway that writes nothing needs no bucket and says so by writing nothing', async () => {
  await start({});
  const without = createGateway({ endpoint: 'reviews', runtime: aws.runtime, s3: aws.s3 });
  await without.invoke(json);
  await without.close();
  expect(aws.puts).toEqual([]);
});

test.each(['reviews/counts', 's3:/x', 's3://', 'https://bucket/key'])(
  'refuses %s as a place to write to',
  async (counts) => {
    await start({});
    const create = () => createGateway({ endpoint: 'reviews', runtime: aws.runtime, s3: aws.s3, counts });
    expect(create).toThrow('Not an S3 address');
  }
);
