import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookEvidence } from '../../guards/thresholds/types';
import type { WebhookGuard } from '../../spec/types';
import type { Look } from './look';
import { latestTick } from './reading';
import type { GuardReading, Pair } from './reading';

/** A look has half a minute for everything; a check that has not answered by then is asked again with the next one. */
const BUDGET_MS = 18_000;
const MOST_CALLS = 3;
const FIRST_PAUSE_MS = 250;
/** An answer is a word and a sentence. */
const MOST_CHARACTERS = 10_000;

type Answer = Pick<WebhookEvidence, 'answer' | 'said'>;

/**
 * Asks the check about one candidate: `POST` with `{ rollout, endpoint, candidate, incumbent, atMs }`, answered by
 * `{ "answer": "pass" | "fail" | "inconclusive", "reason": "…" }` with status 200. No answer in time, no connection, another status or another
 * body are errors, tried again within the look's time, and never a pass.
 */
export async function readWebhook(look: Look, guard: WebhookGuard, pair: Pair): Promise<GuardReading> {
  const { spec, nowMs, about } = look;
  const body = JSON.stringify({ ...about, endpoint: spec.endpoint, ...pair, atMs: nowMs });
  const answer = await ask(guard, body);
  return latestTick({ nowMs, tickMs: spec.tickMs }, (key) => ({ kind: 'webhook', key, ...answer }));
}

async function ask({ url, timeoutMs }: WebhookGuard, body: string): Promise<Answer> {
  const giveUpAt = performance.now() + BUDGET_MS;
  let pauseMs = FIRST_PAUSE_MS;
  for (let call = 1; ; call += 1) {
    const leftMs = giveUpAt - performance.now();
    const answer = await callOnce(url, { body, timeoutMs: Math.max(1, Math.min(timeoutMs, leftMs)) });
    const isUsable = answer.answer === 'pass' || answer.answer === 'fail' || answer.answer === 'inconclusive';
    if (isUsable || call >= MOST_CALLS || performance.now() + pauseMs >= giveUpAt) return answer;
    await sleep(pauseMs);
    pauseMs *= 2;
  }
}

async function callOnce(
  url: string,
  { body, timeoutMs }: { readonly body: string; readonly timeoutMs: number }
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
      // A redirect could lead anywhere; the file names the address.
      redirect: 'error',
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
    });
    const text = (await response.text()).slice(0, MOST_CHARACTERS);
    return response.status === 200 ? read(text) : { answer: 'invalid', said: `status ${response.status}` };
  } catch (error) {
    // Not an `Error` in every runtime: an abort is a DOMException.
    if (typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError')
      return { answer: 'timeout', said: `no answer within ${Math.round(timeoutMs)} ms` };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { answer: 'unreachable', said: cause instanceof Error ? cause.message : String(cause) };
  }
}

function read(text: string): Answer {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { answer: 'invalid', said: 'the answer is not JSON' };
  }
  const { answer, reason } = (typeof found === 'object' && found !== null ? found : {}) as {
    readonly answer?: unknown;
    readonly reason?: unknown;
  };
  const known = (['pass', 'fail', 'inconclusive'] as const).find((word) => word === answer);
  if (known === undefined) return { answer: 'invalid', said: 'the answer is none of pass, fail, inconclusive' };
  return { answer: known, said: typeof reason === 'string' ? reason : null };
}
