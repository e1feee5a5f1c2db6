import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Look } from '../../activities/evidence/look';
import { readWebhook } from '../../activities/evidence/webhook';
import { judgeTick, planEveryGuard, startGuard } from '../../guards';
import type { VerdictKind } from '../../guards';
import { aGuard } from '../support/guard-specs';
import { aSpec } from '../support/spec';

const NOW_MS = Date.parse('2026-03-01T12:00:30Z');
const PAIR = { candidate: 'v2', incumbent: 'v1' };

let respond: (request: IncomingMessage, response: ServerResponse) => void;
let asked: unknown[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    asked.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    respond(request, response);
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
});

/** What the check's answer means to the guard. Whoever answers at all is waited for, however busy the machine is. */
async function judged({ url, timeout = '1m' }: { readonly url?: string; readonly timeout?: string } = {}): Promise<{
  readonly answer: string;
  readonly verdict: VerdictKind;
}> {
  const address = url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
  const guard = aGuard({ kind: 'webhook', url: address, timeout });
  if (guard.kind !== 'webhook') throw new Error('not a webhook');
  const spec = aSpec();
  const look: Look = {
    spec,
    variants: ['v2', 'v1'],
    nowMs: NOW_MS,
    counts: { closedMs: 0, totals: () => new Map() },
    shares: [],
    about: { rollout: 'rollout/product-reviews/2' },
    objects: { list: async () => [], read: () => Promise.reject(new Error('nothing to read')) },
    cloudwatch: null as never,
  };
  const reading = await readWebhook(look, guard, PAIR);
  const [tick, ...more] = reading.ticks(NOW_MS - 60_000, PAIR);
  expect(more).toEqual([]);
  const [plan] = planEveryGuard({
    guards: [guard],
    budget: spec.budget,
    horizonTicks: 1,
    incumbent: {},
    dispersion: {},
  });
  if (tick?.evidence.kind !== 'webhook' || plan === undefined) throw new Error('no answer');
  const { verdict } = judgeTick({ plan, state: startGuard(plan), evidence: tick.evidence });
  return { answer: tick.evidence.answer, verdict: verdict.kind };
}

const json = (status: number, body: string): void => {
  respond = (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
};

test.each([
  [200, '{"answer":"pass","reason":"all is well"}', 'pass', 'pass'],
  [200, '{"answer":"fail"}', 'fail', 'fail'],
  [200, '{"answer":"inconclusive"}', 'inconclusive', 'inconclusive'],
  [200, '{"answer":"ok"}', 'invalid', 'error'],
  [200, '<html>', 'invalid', 'error'],
  [503, '{"answer":"pass"}', 'invalid', 'error'],
])('status %i with %s is %s to the look and %s to the guard', async (status, body, answer, verdict) => {
  json(status, body);
  expect(await judged()).toEqual({ answer, verdict });
});

test('a check is told what it is asked about', async () => {
  json(200, '{"answer":"pass"}');
  await judged();
  expect(asked).toEqual([{ rollout: 'rollout/product-reviews/2', endpoint: 'product-reviews', ...PAIR, atMs: NOW_MS }]);
});

test('a check that does not answer in time is asked again, and an error at last, never a pass', async () => {
  respond = () => undefined;
  expect(await judged({ timeout: '500ms' })).toEqual({ answer: 'timeout', verdict: 'error' });
  expect(asked).toHaveLength(3);
});

test('a check that answers the second time has answered', async () => {
  respond = (_, response) => {
    if (asked.length === 1) response.destroy();
    else response.end('{"answer":"pass"}');
  };
  expect(await judged()).toEqual({ answer: 'pass', verdict: 'pass' });
});

test('an address where nobody is and a redirect are errors', async () => {
  expect(await judged({ url: 'http://127.0.0.1:1/check' })).toEqual({ answer: 'unreachable', verdict: 'error' });
  respond = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
  expect(await judged()).toEqual({ answer: 'unreachable', verdict: 'error' });
});
