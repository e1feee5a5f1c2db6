import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadReviews } from '../../examples/product-reviews/data';
import { driveTraffic, type TrafficSummary } from '../../examples/product-reviews/drive';
import { createGateway, parseCounts, type Gateway } from '../../gateway';
import { startFakeAws, type FakeAws, type ModelReply } from '../gateway/fake-aws';
import { sumCounts } from '../gateway/sum-counts';

const enoughCalls = 300;
const { heldOut } = loadReviews();

describe('the traffic', () => {
  let aws: FakeAws;
  let summary: TrafficSummary;

  /** Drives until the endpoint has seen enough calls. */
  async function drive(reply: (call: number) => ModelReply): Promise<void> {
    const stop = new AbortController();
    let calls = 0;
    aws = await startFakeAws({
      invoke: () => {
        if (++calls >= enoughCalls) stop.abort();
        return reply(calls);
      },
    });
    const gateway = createGateway({
      endpoint: 'product-reviews',
      runtime: aws.runtime,
      s3: aws.s3,
      counts: 's3://counts',
      labels: 's3://labels',
    });
    summary = await driveTraffic({ gateway, reviews: heldOut, perSecond: 1_000, seed: 7, stop: stop.signal });
    await gateway.close();
  }

  beforeEach(() => {
    summary = emptySummary;
  });

  afterEach(() => aws.close());

  const bodiesBelow = (bucket: string) =>
    [...aws.objects].filter(([path]) => path.startsWith(bucket)).map(([, body]) => body);

  const counted = () => sumCounts(bodiesBelow('counts/').flatMap(parseCounts));

  test('accounts for every call: sent, counted by variant, and answered add up', async () => {
    await drive((n) => {
      if (n % 10 === 0) return { kind: 'modelError', status: 500, message: 'boom', logStreamArn: ':log-stream:v4/i-1' };
      return { kind: 'answer', variant: n % 2 === 0 ? 'v1' : 'v4', body: '{"predictions":[{"label":"positive"}]}' };
    });
    expect(summary.sent).toBe(aws.calls.length);
    expect(summary.sent).toBeGreaterThanOrEqual(enoughCalls);
    expect(summary.answered + summary.modelErrors).toBe(summary.sent);
    expect(summary.dropped).toBe(0);
    expect(summary.modelErrors).toBe(Math.floor(summary.sent / 10));
    const { variants, unattributed } = counted();
    expect(unattributed.requests).toBe(0);
    expect(variants.v1?.requests).toBe(summary.variants.v1?.requests);
    expect(variants.v4?.errors5xx).toBe(summary.modelErrors);
  });

  test('gives the true label of almost every call, once, even when it is stopped before the label is due', async () => {
    await drive(() => ({ kind: 'answer', variant: 'v1', body: '{"predictions":[{"label":"positive"}]}' }));
    const lines = bodiesBelow('labels/').flatMap((body) => body.trimEnd().split('\n'));
    const truths = lines.map((line): { groundTruthData: { data: string }; eventMetadata: { eventId: string } } =>
      JSON.parse(line)
    );
    expect(truths).toHaveLength(summary.labelled);
    expect(new Set(truths.map((t) => t.eventMetadata.eventId)).size).toBe(truths.length);
    expect(summary.labelled / summary.sent).toBeGreaterThan(0.85);
    expect(summary.labelled).toBeLessThan(summary.sent);
    const textOf = new Map(aws.calls.map((call) => [String(call.headers['x-amzn-sagemaker-inference-id']), call.body]));
    const labelOf = new Map(heldOut.map((review) => [JSON.stringify({ text: review.text }), review.label]));
    for (const truth of truths) {
      expect(truth.groundTruthData.data).toBe(labelOf.get(textOf.get(truth.eventMetadata.eventId) ?? ''));
    }
  });

  test('counts a call as dropped when no model was asked, and says why', async () => {
    await drive(() => ({ kind: 'serviceError', status: 503, code: 'ServiceUnavailable' }));
    expect(summary.dropped).toBe(summary.sent);
    expect(summary.reasons[0]).toContain('ServiceUnavailable');
    expect(counted().unattributed.errors5xx).toBe(summary.sent);
  });
});

test('the traffic is the same reviews in the same order for the same seed', async () => {
  expect(await firstReviews(7)).toEqual(await firstReviews(7));
  expect(await firstReviews(7)).not.toEqual(await firstReviews(8));
});

/** Texts in the order in which they are sent; over a network they may overtake each other. */
async function firstReviews(seed: number): Promise<readonly string[]> {
  const sent: string[] = [];
  const stop = new AbortController();
  const gateway: Gateway = {
    invoke: async ({ body }) => {
      if (sent.push(String(body)) >= 50) stop.abort();
      return {
        ok: true,
        status: 200,
        body: Buffer.from('{}'),
        contentType: null,
        variant: 'v1',
        inferenceId: 'x',
        latencyMs: 1,
        routedBy: 'weights',
        byWeights: 'unassigned',
        epoch: null,
        propensity: null,
        segment: null,
      };
    },
    feedback: () => [],
    flush: async () => undefined,
    close: async () => undefined,
  };
  await driveTraffic({ gateway, reviews: heldOut, perSecond: 1_000, seed, stop: stop.signal });
  return sent.slice(0, 50);
}

const emptySummary: TrafficSummary = {
  seconds: 0,
  sent: 0,
  answered: 0,
  modelErrors: 0,
  dropped: 0,
  skipped: 0,
  labelled: 0,
  latencyMs: { p50: 0, p99: 0 },
  variants: {},
  reasons: [],
};
