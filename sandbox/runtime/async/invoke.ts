import { randomUUID } from 'node:crypto';
import type { AsyncSettings } from '../../fleet/blueprint';
import type { Answer, Exchange } from '../../http/service';
import { parseS3Url } from '../../sagemaker/s3-url';
import { loadModel } from '../../wire/model';
import { violationMessage } from '../../wire/validate';
import { unknownEndpoint } from '../choose';
import type { RuntimeContext } from '../context';
import { validationError } from '../errors';
import { readHeaders } from '../request';
import type { AsyncRecord, ObjectAt } from './records';
import { uriOf } from './records';

/** The service reads no more than this before it looks at the modelled limit. */
const BODY_LIMIT_BYTES = 6 * 1024 * 1024;
const INLINE_LIMIT_BYTES = loadModel('sagemaker-runtime').shapes['AsyncBodyBlob']?.max ?? 0;
/** AWS's defaults: six hours in the queue, a quarter of an hour in the container. */
const DEFAULT_TTL_SECONDS = 21_600;
const DEFAULT_TIMEOUT_SECONDS = 900;

/** InvokeEndpointAsync: answers once the request is written down; what becomes of it is told in S3. */
export async function invokeAsync(context: RuntimeContext, exchange: Exchange, name: string): Promise<Answer> {
  const given = readHeaders(exchange, name, 'InvokeEndpointAsync');
  const body = await exchange.body(BODY_LIMIT_BYTES);
  if (body.length > INLINE_LIMIT_BYTES)
    throw validationError(
      violationMessage([
        `Value at 'body' failed to satisfy constraint: Member must have length less than or equal to ${INLINE_LIMIT_BYTES}`,
      ])
    );
  const actor = context.serving(name);
  if (!actor) throw unknownEndpoint(context, name);
  const settings = actor.record.live.blueprint.asynchronous;
  if (!settings)
    throw validationError(
      `Endpoint ${name} is not an asynchronous endpoint: its configuration has no AsyncInferenceConfig.`
    );
  const id = randomUUID();
  const receivedMs = context.clock.now();
  const { output, failure } = places(settings, given, id);
  const record: Omit<AsyncRecord, 'sequence'> = {
    id,
    inferenceId: given.get('InferenceId') ?? randomUUID(),
    request: {
      endpointName: name,
      ...optional('contentType', given.get('ContentType')),
      ...optional('accept', given.get('Accept')),
      ...optional('customAttributes', given.get('CustomAttributes')),
      ...optional('inferenceId', given.get('InferenceId')),
    },
    endpointCreatedMs: actor.record.createdMs,
    input: inputOf(given.get('InputLocation'), body),
    output,
    ...(failure ? { failure } : {}),
    ...optional('successTopic', settings.successTopic),
    ...optional('errorTopic', settings.errorTopic),
    repliesIn: settings.repliesIn,
    receivedMs,
    expiresMs: receivedMs + Number(given.get('RequestTTLSeconds') ?? DEFAULT_TTL_SECONDS) * 1000,
    timeoutMs: Number(given.get('InvocationTimeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
  };
  context.asynchronous.accept(record);
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      'x-amzn-sagemaker-outputlocation': uriOf(output),
      ...(failure ? { 'x-amzn-sagemaker-failurelocation': uriOf(failure) } : {}),
    },
    body: JSON.stringify({ InferenceId: record.inferenceId }),
  };
}

function inputOf(location: string | undefined, body: Buffer): AsyncRecord['input'] {
  if ((location === undefined) === (body.length === 0))
    throw validationError('Exactly one of InputLocation and Body must be specified.');
  if (location === undefined) return { kind: 'body', base64: body.toString('base64') };
  const at = parseS3Url(location);
  if (!at || at.key === '') throw validationError(`InputLocation ${location} is not the location of an S3 object.`);
  return { kind: 'object', uri: location, at };
}

/** `<S3OutputPath>/[<extension>/]<id>.out`, or the file name that the request gives; failures beside, below their own path. */
function places(
  { output, failure }: AsyncSettings,
  given: ReadonlyMap<string, string>,
  id: string
): { readonly output: ObjectAt; readonly failure?: ObjectAt } {
  const extension = given.get('S3OutputPathExtension');
  const name = given.get('Filename');
  const below = ({ bucket, prefix }: AsyncSettings['output'], file: string): ObjectAt => ({
    bucket,
    key: [prefix, ...(extension?.split('/') ?? []), file].filter((part) => part !== '').join('/'),
  });
  return {
    output: below(output, name ?? `${id}.out`),
    ...(failure ? { failure: below(failure, name ?? `${id}-error.out`) } : {}),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: string });
}
