import type { IncomingMessage } from 'node:http';
import type { InvokeRequest, InvokeResult } from '../options';

/** SageMaker's limit for a real-time request; also for feedback. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** A request that is answered with this status and `{"error": "…"}`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

/** @throws Refusal (413) on a body that SageMaker would refuse, without keeping it */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Read to its end also where it is too long: a client that is still sending would not see the answer.
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  if (size > MAX_BODY_BYTES) {
    throw new Refusal(413, `The body has ${size} bytes; at most ${MAX_BODY_BYTES} are allowed.`);
  }
  return Buffer.concat(chunks);
}

/** Headers that say who asks and for what, in place of arguments of the library. */
export function invokeRequestOf(request: IncomingMessage, body: Uint8Array): InvokeRequest {
  const { headers } = request;
  const accept = headers.accept === '*/*' ? undefined : headers.accept;
  const given = Object.entries({
    accept,
    userId: headers['x-sluice-user'],
    group: headers['x-sluice-group'],
    segment: headers['x-sluice-segment'],
    override: headers['x-sluice-override'],
    inferenceId: headers['x-sluice-inference-id'],
  }).filter(([, value]) => value !== undefined && value !== '');
  return {
    body,
    contentType: headers['content-type'] ?? 'application/octet-stream',
    ...Object.fromEntries(given),
    ...(headers['x-sluice-probe'] === 'true' && { probe: true }),
  };
}

/** What the answer says about itself, besides the model's body. */
export function answerHeaders(result: InvokeResult): Readonly<Record<string, string>> {
  return {
    'content-type': result.contentType ?? 'application/octet-stream',
    'x-sluice-inference-id': result.inferenceId,
    'x-sluice-routed-by': result.routedBy,
    ...(result.variant !== null && { 'x-sluice-variant': result.variant }),
    ...(result.epoch !== null && { 'x-sluice-epoch': String(result.epoch) }),
    ...(result.segment !== null && { 'x-sluice-segment': result.segment }),
    ...(result.byWeights !== null && { 'x-sluice-by-weights': result.byWeights }),
  };
}
