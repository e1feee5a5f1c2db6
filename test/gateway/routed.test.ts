import { afterEach, describe, expect, test } from '@jest/globals';
import {
  createGateway,
  parseCounts,
  probeAttribute,
  type Gateway,
  type GatewayOptions,
  type InvokeResult,
} from '../../gateway';
import { assignmentDocument, renewedAssignment, type AssignmentRequest } from '../../gateway/assignment-document';
import { formatAssignment, type AssignmentDocument } from '../../gateway/assignment-format';
import { parseEvents } from '../../gateway/event-format';
import { parseExposures } from '../../gateway/exposure-format';
import { until } from '../support/sandbox/harness';
import { startFakeAws, type FakeAws, type GetFate, type ModelCall, type ModelReply, type PutFate } from './fake-aws';

const json = { body: '{"text":"Great."}', contentType: 'application/json' };
const noon = Date.UTC(2026, 0, 31, 12, 0, 0);
const path = 'control/assignments/reviews.json';

let aws: FakeAws;
let gateway: Gateway;
let nowMs = noon;
let troubles: string[];
let getFate: GetFate;

/** The endpoint answers with the variant that was asked for, or, by its weights, v7. */
const endpoint = ({ headers }: ModelCall): ModelReply => {
  const target = headers['x-amzn-sagemaker-target-variant'];
  return { kind: 'answer', variant: typeof target === 'string' ? target : 'v7', body: '{}' };
};

async function start(options: {
  readonly invoke?: (call: ModelCall) => ModelReply;
  readonly put?: () => PutFate;
  readonly gateway?: Partial<GatewayOptions>;
}): Promise<void> {
  nowMs = noon;
  troubles = [];
  getFate = 'answer';
  aws = await startFakeAws({ invoke: endpoint, ...options, get: () => getFate });
  gateway = createGateway({
    endpoint: 'reviews',
    runtime: aws.runtime,
    s3: aws.s3,
    assignment: 's3://control',
    refreshMs: 1_000,
    counts: 's3://counts',
    exposures: 's3://exposures',
    events: 's3://events/shop',
    labels: 's3://labels',
    flushMs: 3_600_000,
    now: () => nowMs,
    onAssignmentTrouble: (error) => troubles.push(error.message),
    ...options.gateway,
  });
}

afterEach(async () => {
  await gateway.close().catch(() => undefined);
  await aws.close();
});

function documentOf(
  sharesPct: Readonly<Record<string, number>>,
  more: Partial<AssignmentRequest> & { readonly targetGroups?: string[] } = {}
): AssignmentDocument {
  const { targetGroups = null, ...rest } = more;
  return assignmentDocument({
    endpoint: 'reviews',
    previous: null,
    nowMs: noon,
    expiresAfterMs: 60_000,
    salt: 's',
    routing: { kind: 'shares', incumbent: 'v7', sharesPct, targetGroups },
    ...rest,
  });
}

const publish = (document: AssignmentDocument): void => void aws.objects.set(path, formatAssignment(document));
const targets = (): unknown[] => aws.calls.map(({ headers }) => headers['x-amzn-sagemaker-target-variant']);
const below = (prefix: string): string[] =>
  [...aws.objects].filter(([key]) => key.startsWith(prefix)).map(([, body]) => body);
const documents = () => below('counts/').flatMap(parseCounts);

/** Calls once a refresh interval until a call, or what was told meanwhile, is as awaited: reading goes on behind the calls. */
function callUntil(isAwaited: (result: InvokeResult) => boolean): Promise<InvokeResult> {
  return until(async () => {
    nowMs += 1_000;
    const result = await gateway.invoke(json);
    return isAwaited(result) && result;
  });
}

describe('a gateway with an assignment', () => {
  test('asks for the variant that was drawn, and says with which epoch and probability', async () => {
    await start({});
    publish(documentOf({ v7: 0, v8: 100 }, { afterEpoch: 6 }));
    const result = await gateway.invoke({ ...json, userId: 'ana' });
    expect(result).toMatchObject({ variant: 'v8', routedBy: 'drawn', byWeights: null, epoch: 7, propensity: 1 });
    expect(targets()).toEqual(['v8']);
    expect(aws.calls[0]?.headers['x-amzn-sagemaker-custom-attributes']).toBe('sluice.epoch=7,sluice.propensity=1');
  });

  test('reads it again no more often than asked, and takes what is unchanged from memory', async () => {
    await start({});
    publish(documentOf({ v7: 100, v8: 0 }));
    for (let i = 0; i < 5; i++) await gateway.invoke(json);
    expect(aws.gets).toEqual([200]);
    nowMs += 1_000;
    await gateway.invoke(json);
    await until(() => aws.gets.length === 2);
    expect(aws.gets).toEqual([200, 304]);
    publish(documentOf({ v7: 0, v8: 100 }, { afterEpoch: 1 }));
    await callUntil(({ variant }) => variant === 'v8');
  });

  test('asks before it answers when nobody called for long: a withdrawn variant gets nothing', async () => {
    await start({});
    publish(documentOf({ v7: 0, v8: 100 }));
    await gateway.invoke(json);
    publish(documentOf({ v7: 100, v8: 0 }, { afterEpoch: 1 }));
    nowMs += 30_000;
    expect((await gateway.invoke(json)).variant).toBe('v7');
  });

  test('follows the last one while S3 fails, until it expires; then the weights choose; each is said once', async () => {
    await start({});
    publish(documentOf({ v7: 0, v8: 100 }));
    await gateway.invoke(json);
    getFate = 'fail';
    await callUntil(() => aws.gets.length >= 4);
    expect((await gateway.invoke(json)).variant).toBe('v8');
    nowMs = noon + 60_000;
    expect(await gateway.invoke(json)).toMatchObject({ routedBy: 'weights', byWeights: 'expired', epoch: null });
    expect(targets().at(-1)).toBeUndefined();
    expect(troubles).toEqual([expect.stringContaining('epoch 1 is followed until 2026-01-31T12:01:00.000Z')]);
    getFate = 'answer';
    publish(renewedAssignment(documentOf({ v7: 0, v8: 100 }), { nowMs, expiresAfterMs: 3_600_000 }));
    expect(await callUntil(({ variant }) => variant === 'v8')).toMatchObject({ epoch: 1 });
    expect(troubles).toHaveLength(1);
  });

  test('answers by the weights when S3 never answers, and makes only the first call wait', async () => {
    await start({});
    getFate = 'hang';
    expect(await gateway.invoke(json)).toMatchObject({ byWeights: 'unreachable', variant: 'v7' });
    nowMs += 10_000;
    const begun = aws.calls.length;
    await gateway.invoke(json);
    expect(aws.calls).toHaveLength(begun + 1);
    expect(troubles).toEqual([expect.stringContaining("the endpoint's weights decide")]);
  });

  test.each([
    ['nothing is published', null, 'missing'],
    ['what is published is cut off', '{"version":1,', 'malformed'],
    ['it is of another endpoint', formatAssignment({ ...documentOf({ v7: 100 }), endpoint: 'other' }), 'malformed'],
    [
      'it has expired',
      formatAssignment(documentOf({ v7: 100 }, { expiresAfterMs: 1, nowMs: noon - 1_000 })),
      'expired',
    ],
    ['it says weights', formatAssignment(documentOf({}, { routing: { kind: 'weights' } })), 'weights'],
  ])('leaves the choice to the weights when %s', async (_, text, why) => {
    await start({});
    if (text !== null) aws.objects.set(path, text);
    expect(await gateway.invoke({ ...json, userId: 'ana' })).toMatchObject({ routedBy: 'weights', byWeights: why });
    expect(targets()).toEqual([undefined]);
    await gateway.close();
    expect(documents().find((d) => d.routing)?.routing?.byWeights).toEqual({ [why]: 1 });
  });

  test('never goes back: neither to a lower epoch nor to another content of the same one, also after the object was gone', async () => {
    await start({});
    publish(documentOf({ v7: 0, v8: 100 }, { afterEpoch: 4 }));
    await gateway.invoke(json);
    publish(documentOf({ v7: 100, v8: 0 }, { afterEpoch: 3 }));
    expect(await callUntil(() => troubles.length === 1)).toMatchObject({ variant: 'v8' });
    publish(documentOf({ v7: 100, v8: 0 }, { afterEpoch: 4 }));
    expect(await callUntil(() => troubles.length === 2)).toMatchObject({ variant: 'v8' });
    aws.objects.delete(path);
    await callUntil(({ byWeights }) => byWeights === 'missing');
    publish(documentOf({ v7: 0, v8: 100 }, { afterEpoch: 3 }));
    expect(await callUntil(() => troubles.length === 3)).toMatchObject({ byWeights: 'missing' });
    expect(troubles).toEqual([
      expect.stringContaining('gone back from epoch 5 to 4'),
      expect.stringContaining('changed without a new epoch (5)'),
      expect.stringContaining('gone back from epoch 5 to 4'),
    ]);
  });

  test('loses no call when the endpoint does not know the variant: the weights choose, and the assignment is read anew', async () => {
    await start({
      invoke: (call) =>
        call.headers['x-amzn-sagemaker-target-variant'] === 'v8'
          ? { kind: 'serviceError', status: 400, code: 'ValidationError' }
          : endpoint(call),
    });
    publish(documentOf({ v7: 0, v8: 100 }));
    expect(await gateway.invoke(json)).toMatchObject({ ok: true, variant: 'v7', byWeights: 'refused', epoch: null });
    publish(documentOf({ v7: 100, v8: 0 }, { afterEpoch: 1 }));
    // Less than a refresh interval: it is the refusal that makes the gateway look.
    nowMs += 200;
    const next = await until(async () => {
      const result = await gateway.invoke(json);
      return result.epoch === 2 && result;
    });
    expect(next).toMatchObject({ routedBy: 'drawn', variant: 'v7' });
  });

  test("does not hide a tester's mistake: an override that the endpoint refuses fails", async () => {
    await start({ invoke: () => ({ kind: 'serviceError', status: 400, code: 'ValidationError' }) });
    await expect(gateway.invoke({ ...json, override: 'v9' })).rejects.toMatchObject({ name: 'ValidationError' });
  });
});

describe('what is written', () => {
  test('tells the delivered split by epoch, and keeps what is no evidence apart', async () => {
    await start({});
    publish(documentOf({ v7: 0, v8: 100 }, { targetGroups: ['beta'] }));
    await gateway.invoke({ ...json, userId: 'ana', group: 'beta' });
    await gateway.invoke({ ...json, userId: 'ana', group: 'beta' });
    await gateway.invoke({ ...json, userId: 'bob' });
    await gateway.invoke({ ...json, override: 'v8' });
    await gateway.invoke({ ...json, probe: true, group: 'beta' });
    await gateway.close();
    const [counted] = documents();
    expect(counted?.routing).toEqual({
      drawn: [{ epoch: 1, sharesPct: { v7: 0, v8: 100 }, requests: { v8: 2 } }],
      byWeights: {},
      outside: 1,
      overridden: 1,
      probes: 1,
    });
    expect(Object.entries(counted?.variants ?? {}).map(([name, { requests }]) => [name, requests])).toEqual([
      ['v8', 2],
    ]);
    const attributes = aws.calls.map(({ headers }) => headers['x-amzn-sagemaker-custom-attributes']);
    expect(attributes.slice(2)).toEqual([probeAttribute, probeAttribute, probeAttribute]);
  });

  test('has a line for each call that is evidence: who was answered by which variant, drawn with which probability', async () => {
    await start({
      invoke: (call) =>
        call.body.includes('bad') ? { kind: 'modelError', status: 500, message: 'boom' } : endpoint(call),
    });
    publish(documentOf({ v7: 50, v8: 50 }));
    const first = await gateway.invoke({ ...json, userId: 'ana', group: 'beta' });
    const failed = await gateway.invoke({ ...json, body: 'bad', userId: 'ana' });
    await gateway.invoke({ ...json, override: 'v8', userId: 'ana' });
    aws.objects.delete(path);
    await callUntil(({ byWeights: why }) => why === 'missing');
    const byWeights = await gateway.invoke({ ...json, userId: 'ana' });
    await gateway.close();
    const exposures = below('exposures/reviews/2026/01/31/12/').flatMap(parseExposures);
    const common = { version: 1, endpoint: 'reviews', userId: 'ana' };
    expect(exposures.filter((e) => e.userId === 'ana')).toEqual([
      {
        ...common,
        inferenceId: first.inferenceId,
        group: 'beta',
        variant: first.variant,
        status: 200,
        epoch: 1,
        propensity: 0.5,
        at: new Date(noon).toISOString(),
      },
      // The same user, so the same variant.
      expect.objectContaining({
        inferenceId: failed.inferenceId,
        variant: first.variant,
        status: 500,
        propensity: 0.5,
      }),
      expect.objectContaining({ inferenceId: byWeights.inferenceId, variant: 'v7', epoch: null, propensity: null }),
    ]);
  });

  test('has events in the folder of their name, the same id for the same event, whatever was given', async () => {
    await start({});
    const sent = { event: 'conversion', userId: 'ana', value: 12.5, at: '2026-01-31T10:00:00Z' };
    const ids = gateway.feedback(sent, sent, { ...sent, eventId: 'order-7' });
    nowMs += 3_600_000;
    gateway.feedback({ event: 'return', inferenceId: 'i1' });
    await gateway.close();
    expect(ids).toEqual([ids[0], ids[0], 'order-7']);
    const conversions = below('events/shop/conversion/2026/01/31/12/').flatMap(parseEvents);
    expect(conversions.map(({ eventId }) => eventId)).toEqual(ids);
    expect(conversions[0]).toMatchObject({ at: '2026-01-31T10:00:00.000Z', receivedAt: '2026-01-31T12:00:00.000Z' });
    expect(below('events/shop/return/2026/01/31/13/').flatMap(parseEvents)).toEqual([
      expect.objectContaining({ inferenceId: 'i1', value: 1, at: '2026-01-31T13:00:00.000Z' }),
    ]);
  });

  test('stops growing while S3 takes nothing: exposures are left out and feedback is refused, calls go on', async () => {
    const told: string[] = [];
    await start({ put: () => 'refuse', gateway: { onWriteError: ({ message }) => told.push(message) } });
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 66; i++)
      expect(await gateway.invoke({ ...json, userId: megabyte })).toMatchObject({ ok: true });
    expect(told).toEqual([expect.stringContaining('left out until it does')]);
    const give = () => gateway.feedback({ event: 'conversion', userId: 'ana', eventId: megabyte });
    for (let i = 0; i < 64; i++) give();
    expect(give).toThrow('send it again later');
  });

  test.each([
    [{ event: 'a b', userId: 'ana' }, 'event is a name'],
    [{ event: 'conversion' }, 'needs an inferenceId or a userId'],
    [{ event: 'conversion', userId: 'ana', value: Number.NaN, at: 'soon' }, 'value is a number; at is a time'],
    [{ inferenceId: 'i', label: '' }, 'neither a label'],
    [{ userId: 'ana', label: 'positive' }, 'needs the inferenceId'],
    [{ event: 'conversion', userId: 'ana', label: 'positive' }, 'two messages'],
  ])('has nothing of %j, which nobody could join', async (feedback, message) => {
    await start({});
    const good = { event: 'conversion', userId: 'ana' };
    expect(() => gateway.feedback(feedback as never)).toThrow(message);
    expect(() => gateway.feedback(good, feedback as never)).toThrow(`message 1: `);
    await gateway.close();
    expect([...below('events/'), ...below('labels/')]).toEqual([]);
  });
});
