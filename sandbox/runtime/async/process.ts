import type { Readable } from 'node:stream';
import { NoReply } from '../../fleet/client';
import type { Instance } from '../../fleet/instance';
import { ContainerSilent } from '../../fleet/instance';
import { ModelUnavailable } from '../../fleet/model-cache';
import type { VariantFleet } from '../../fleet/variant-fleet';
import type { ObjectStore } from '../../ports';
import type { DataCapture } from '../capture';
import type { InvocationMetrics } from '../metrics';
import { containerError, silentContainer } from '../model-error';
import { forwarded } from '../request';
import type { AsyncMetrics } from './metrics';
import type { Outcome } from './notifications';
import type { AsyncRecord, ObjectAt } from './records';
import { uriOf } from './records';

export interface ProcessContext {
  readonly objects: ObjectStore;
  readonly capture: DataCapture;
  readonly metrics: InvocationMetrics;
  readonly asyncMetrics: AsyncMetrics;
  readonly region: string;
  readonly accountId: string;
}

/** No container has seen the request, which stays in the queue. */
export const UNSEEN = 'unseen';

/** Answers one request: fetches its input, asks the container, and stores what it answered. */
export async function process(
  context: ProcessContext,
  record: AsyncRecord,
  at: { readonly variant: VariantFleet; readonly instance: Instance }
): Promise<Outcome | typeof UNSEEN> {
  const { variant } = at;
  const tell = (datum: Parameters<AsyncMetrics['variant']>[1]) =>
    context.asyncMetrics.variant({ endpointName: record.request.endpointName, variantName: variant.name }, datum);
  const startMs = performance.now();
  const input = await read(context.objects, record.input);
  if (!input) {
    tell({ name: 'RequestDownloadFailures' });
    return { kind: 'failed', reason: `The input ${inputOf(record)} could not be read: there is no such object.` };
  }
  tell({ name: 'RequestDownloadLatency', ms: performance.now() - startMs });
  const answered = await ask(context, record, { ...at, input, startMs });
  if (answered === UNSEEN || answered.kind === 'failed') return answered;
  const uploadMs = performance.now();
  const stored = await store(context.objects, record.output, answered);
  if (!stored) {
    tell({ name: 'ResponseUploadFailures' });
    return { kind: 'failed', reason: `The output could not be written to ${uriOf(record.output)}.` };
  }
  tell({ name: 'ResponseUploadLatency', ms: performance.now() - uploadMs });
  tell({ name: 'TotalProcessingTime', ms: performance.now() - startMs });
  tell({ name: 'InvocationsProcessed' });
  return answered;
}

/** Writes what there is to say of a failure, where the endpoint has a place for that. */
export async function storeFailure(
  objects: ObjectStore,
  { failure }: AsyncRecord,
  outcome: Outcome & { readonly kind: 'failed' }
): Promise<void> {
  if (!failure) return;
  const { body = Buffer.from(outcome.reason), contentType = 'text/plain' } = outcome;
  await store(objects, failure, { body, contentType });
}

async function ask(
  context: ProcessContext,
  record: AsyncRecord,
  of: {
    readonly variant: VariantFleet;
    readonly instance: Instance;
    readonly input: Buffer;
    readonly startMs: number;
  }
): Promise<Outcome | typeof UNSEEN> {
  const { request, timeoutMs } = record;
  const { variant, instance, input, startMs } = of;
  const { region, accountId } = context;
  const names = { endpointName: request.endpointName, variantName: variant.name, instanceId: instance.id };
  const sentMs = performance.now();
  const observe = (status: number) =>
    context.metrics.observe(variant, {
      status,
      modelLatencyMs: performance.now() - sentMs,
      overheadLatencyMs: sentMs - startMs,
    });
  try {
    const headers = { ...forwarded(request), 'x-amzn-sagemaker-inference-id': record.inferenceId };
    const { reply, container } = await instance.invoke({ body: input, headers, timeoutMs });
    observe(reply.status);
    const contentType = reply.headers['content-type'] ?? 'application/octet-stream';
    if (reply.status >= 200 && reply.status <= 299) {
      context.capture.observe(variant, { request, input, output: reply.body, outputContentType: contentType });
      return { kind: 'completed', body: reply.body, contentType };
    }
    const refusal = { hostname: container.spec.hostname, status: reply.status, body: reply.body };
    const { message: reason } = containerError({ region, accountId, ...names }, refusal);
    return { kind: 'failed', reason, body: reply.body, contentType };
  } catch (error) {
    if (error instanceof ModelUnavailable) return { kind: 'failed', reason: error.message };
    if (!(error instanceof ContainerSilent && error.cause instanceof NoReply)) throw error;
    if (error.isUnseen) return UNSEEN;
    observe(0);
    const { message: reason } = silentContainer({ region, accountId, ...names }, error.hostname, error.cause);
    return { kind: 'failed', reason };
  }
}

async function read(objects: ObjectStore, input: AsyncRecord['input']): Promise<Buffer | undefined> {
  if (input.kind === 'body') return Buffer.from(input.base64, 'base64');
  const object = await objects.get(input.at);
  return object && bytesOf(object.open());
}

async function bytesOf(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `false` where the bucket is gone. */
async function store(
  objects: ObjectStore,
  at: ObjectAt,
  content: { readonly body: Buffer; readonly contentType: string }
): Promise<boolean> {
  return objects.put({ ...at, ...content }).then(
    () => true,
    () => false
  );
}

function inputOf({ input }: AsyncRecord): string {
  return input.kind === 'object' ? input.uri : 'of the request';
}
