import { setTimeout as sleep } from 'node:timers/promises';
import { NoReply } from '../../fleet/client';
import type { Instance } from '../../fleet/instance';
import { ContainerSilent } from '../../fleet/instance';
import type { TransformJobRecord } from '../records';
import { BadObject } from './bad-object';

/** How requests of a job are sent, and tried again. */
export interface Sending {
  readonly headers: Readonly<Record<string, string>>;
  /** In real time. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly retries: 'serverErrors' | 'all';
  readonly signal: AbortSignal;
}

/** Documented defaults of ModelClientConfig. */
const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_RETRIES = 3;
const FIRST_BACKOFF_MS = 100;
/** How often a container that is being started again is looked at. */
const LOOK_MS = 50;
/** An answer is told of in a failure up to this. */
const SHOWN_CHARS = 200;

/** What the model is sent beside a record's bytes. */
export function sendingOf({ input }: TransformJobRecord, of: Pick<Sending, 'signal' | 'retries'>): Sending {
  const { ContentType: contentType } = input.TransformInput;
  const { Accept: accept } = input.TransformOutput;
  const { InvocationsTimeoutInSeconds: seconds, InvocationsMaxRetries: maxRetries } = input.ModelClientConfig ?? {};
  return {
    headers: {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(accept === undefined ? {} : { accept }),
    },
    timeoutMs: (seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    maxRetries: maxRetries ?? DEFAULT_RETRIES,
    ...of,
  };
}

/**
 * The model's answer. A request that got none, or an error of the server's, is sent again; a refusal (4xx) is not, since it would be
 * repeated. Rejects with BadObject when that was the last try.
 */
export async function send(instance: Instance, body: Buffer, sending: Sending): Promise<Buffer> {
  const { signal, headers, timeoutMs, maxRetries, retries } = sending;
  let backoffMs = FIRST_BACKOFF_MS;
  for (let retry = 0; ; retry += 1) {
    signal.throwIfAborted();
    if (!instance.isServing) await untilServing(instance, sending);
    const failure = await attempt(instance, { body, headers, timeoutMs });
    if (Buffer.isBuffer(failure)) return failure;
    if (retry >= maxRetries || (failure.blame === 'ClientError' && retries === 'serverErrors')) throw failure;
    await sleep(backoffMs, undefined, { signal });
    backoffMs *= 2;
  }
}

async function attempt(instance: Instance, call: Parameters<Instance['invoke']>[0]): Promise<Buffer | BadObject> {
  instance.acquire();
  try {
    const { reply } = await instance.invoke(call);
    if (reply.status >= 200 && reply.status < 300) return reply.body;
    return refused(reply.status, reply.body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof ContainerSilent)) throw error;
    const isTimeout = error.cause instanceof NoReply && error.cause.why === 'timeout';
    const why = isTimeout ? 'it took longer than InvocationsTimeoutInSeconds' : 'its connection was lost';
    return new BadObject(`Unable to get response from algorithm: ${why}.`, 'AlgorithmError');
  } finally {
    instance.release();
  }
}

/** The first look is free; a container that does not come back within the time of a request does not come back. */
export async function untilServing(instance: Instance, { timeoutMs, signal }: Sending): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!instance.isServing) {
    if (performance.now() > deadlineMs)
      throw new BadObject('Unable to get response from algorithm: it is not serving.', 'AlgorithmError');
    await sleep(LOOK_MS, undefined, { signal });
  }
}

function refused(status: number, message: string): BadObject {
  const blame = status < 500 ? 'ClientError' : 'AlgorithmError';
  const shown = message.replace(/\s+/g, ' ').slice(0, SHOWN_CHARS);
  return new BadObject(`${status}, Message: ${shown}`, blame);
}
