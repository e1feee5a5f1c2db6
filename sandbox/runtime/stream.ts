import { PassThrough, pipeline, Readable } from 'node:stream';
import type { Answer } from '../http/service';
import { NoReply } from '../fleet/client';
import { servingSite } from '../fleet/faults';
import type { InstanceStream } from '../fleet/instance';
import type { Call } from './call';
import { instanceCall, observer, originOf, refusalOf, single } from './call';
import type { RuntimeContext } from './context';
import { payloadPart, streamException } from './event-stream';
import { containerError } from './model-error';

/** Ends a stream in the middle: the codes of ModelStreamError, or the service's own failure. */
type Break = 'ModelInvocationTimeExceeded' | 'StreamBroken' | 'InternalStreamFailure';

/**
 * The answer of InvokeEndpointWithResponseStream: what the container sends, part by part, as it sends it. A failure before the first
 * byte is refused as InvokeEndpoint refuses it; a later one is an exception in the stream. The instance is held until the stream ends.
 */
export async function callStream(context: RuntimeContext, call: Call): Promise<Answer> {
  const { variant, instance } = call;
  const observe = observer(context, call);
  const stream = await instance
    .stream({ body: call.body, ...instanceCall(call.request), totalMs: context.knobs.streamTimeoutMs })
    .catch((error: unknown) => {
      throw refusalOf(context, call, { error, observe });
    });
  if (stream.status < 200 || stream.status > 299) {
    observe(stream.status);
    const { hostname, status } = stream;
    throw containerError(originOf(context, call), { hostname, status, body: await bytesOf(stream.body) });
  }
  const customAttributes = single(stream.headers['x-amzn-sagemaker-custom-attributes']);
  const contentType = stream.headers['content-type'] ?? 'application/octet-stream';
  // The caller's part ends with the answer's head; the stream holds the instance from here on.
  instance.acquire();
  const body = new PassThrough();
  const source = Readable.from(events(context, call, { stream, contentType, observe }), { objectMode: false });
  pipeline(source, body, () => undefined);
  // A client that leaves must not hold the instance until its container sends the next part.
  body.on('close', () => stream.body.destroy());
  return {
    status: 200,
    headers: {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-sagemaker-content-type': contentType,
      'x-amzn-invoked-production-variant': variant.name,
      ...(customAttributes === undefined ? {} : { 'x-amzn-sagemaker-custom-attributes': customAttributes }),
    },
    body,
  };
}

async function* events(
  context: RuntimeContext,
  call: Call,
  of: {
    readonly stream: InstanceStream;
    readonly contentType: string;
    readonly observe: (status: number) => void;
  }
): AsyncGenerator<Buffer> {
  const { request, variant, instance } = call;
  const { stream, contentType, observe } = of;
  const parts: Buffer[] = [];
  const isCaptured = variant.owner.capture?.isEnabled === true;
  const site = servingSite(request.endpointName, variant.name);
  const struck = context.faults.isEmpty ? undefined : context.faults.strike(['breakStream'], site)?.fault;
  let sent = 0;
  try {
    for await (const part of stream.body as AsyncIterable<Buffer>) {
      if (struck && sent >= (struck.afterParts ?? 0)) throw new Broken(struck.error);
      if (sent === 0) context.metrics.firstPart(variant, { sinceMs: call.startMs, sentMs: stream.sentMs });
      sent += 1;
      if (isCaptured) parts.push(part);
      yield payloadPart(part);
    }
    if (struck && sent <= (struck.afterParts ?? 0)) throw new Broken(struck.error);
    observe(stream.status);
    const output = Buffer.concat(parts);
    if (isCaptured)
      context.capture.observe(variant, { request, input: call.body, output, outputContentType: contentType });
  } catch (error) {
    observe(0);
    context.metrics.midStreamError(variant);
    yield exceptionOf(error, stream.hostname);
  } finally {
    stream.body.destroy();
    instance.release();
  }
}

class Broken extends Error {
  constructor(readonly why: Break) {
    super(why);
  }
}

function exceptionOf(error: unknown, hostname: string): Buffer {
  const why: Break =
    error instanceof Broken
      ? error.why
      : error instanceof NoReply && error.why === 'timeout'
        ? 'ModelInvocationTimeExceeded'
        : 'StreamBroken';
  switch (why) {
    case 'InternalStreamFailure':
      return streamException(why, { Message: 'The stream processing failed because of an unknown error.' });
    case 'ModelInvocationTimeExceeded':
      return modelStreamError(
        why,
        `Your model ${hostname} did not complete sending the inference response in the allotted time.`
      );
    case 'StreamBroken':
      return modelStreamError(
        why,
        `The connection to your model ${hostname} was closed before its response was complete.`
      );
  }
}

function modelStreamError(code: string, message: string): Buffer {
  return streamException('ModelStreamError', { ErrorCode: code, Message: message });
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    // What has come of the refusal says enough.
  }
  return Buffer.concat(chunks);
}
