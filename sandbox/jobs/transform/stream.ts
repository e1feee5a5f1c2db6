import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Instance } from '../../fleet/instance';
import { BadObject } from './bad-object';
import type { Sending } from './send';
import { untilServing } from './send';
import type { Slots } from './slots';

/** What of a refusal is kept to be told. */
const SHOWN_BYTES = 200;

/**
 * MaxPayloadInMB 0: the object goes to the container in chunks while it is read, and the answer is written while it comes. Nothing can be sent
 * again. Rejects with BadObject.
 */
export async function streamObject(
  instance: Instance,
  of: {
    readonly bytes: AsyncIterable<Buffer>;
    readonly out: Writable;
    readonly slots: Slots;
    readonly sending: Sending;
  }
): Promise<void> {
  const { bytes, out, slots, sending } = of;
  const [container] = instance.containers;
  if (!container) throw new Error('the fleet of a transform job has no container');
  await slots.take();
  instance.acquire();
  let outgoing: ClientRequest | undefined;
  try {
    await untilServing(instance, sending);
    const instead = await instance.struck(container);
    if (instead) return await writeAnswer(instead, out);
    outgoing = request({
      ...{ host: '127.0.0.1', port: container.port, method: 'POST', path: '/invocations', headers: sending.headers },
      signal: AbortSignal.any([sending.signal, AbortSignal.timeout(sending.timeoutMs)]),
    });
    // Read while it is sent: a container that answers as it reads would wait for us otherwise.
    const answered = once(outgoing, 'response').then(([response]) => {
      const { statusCode: status = 0 } = response as IncomingMessage;
      return writeAnswer({ status, body: response as IncomingMessage }, out);
    });
    await Promise.all([answered, pipeline(Readable.from(bytes), outgoing)]);
  } catch (error) {
    if (error instanceof BadObject) throw error;
    sending.signal.throwIfAborted();
    throw new BadObject(`Unable to get response from algorithm: ${String(error)}`, 'AlgorithmError');
  } finally {
    outgoing?.destroy();
    instance.release();
    slots.release();
  }
}

async function writeAnswer(
  { status, body }: { readonly status: number; readonly body: Readable | Buffer },
  out: Writable
): Promise<void> {
  const source = Buffer.isBuffer(body) ? Readable.from([body]) : body;
  if (status >= 200 && status < 300) return pipeline(source, out, { end: false });
  let shown = '';
  for await (const chunk of source) if (shown.length < SHOWN_BYTES) shown += String(chunk);
  throw new BadObject(
    `${status}, Message: ${shown.slice(0, SHOWN_BYTES)}`,
    status < 500 ? 'ClientError' : 'AlgorithmError'
  );
}
