import * as s3Api from '@aws-sdk/client-s3';
import { NormalizedSchema } from '@smithy/core/schema';
import { SIGNATURE } from './harness';

export interface Said {
  readonly status: number;
  /** Empty when the call succeeded. */
  readonly code: string;
  readonly message: string;
}

/** Calls one operation with an empty or meaningless input, and reads code and message as that protocol's clients do. */
export type Ask = (url: string, operation: string) => Promise<Said>;

const signedFor = (service: string) => ({ authorization: SIGNATURE.replace('/sagemaker/', `/${service}/`) });

export function askAwsJson(prefix: string, service: string): Ask {
  return async (url, operation) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...signedFor(service),
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${prefix}.${operation}`,
      },
      body: '{}',
    });
    const body = JSON.parse(await response.text());
    return { status: response.status, code: lastPart(body.__type), message: body.message ?? '' };
  };
}

export function askQuery(version: string, service: string): Ask {
  return async (url, operation) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...signedFor(service), 'content-type': 'application/x-www-form-urlencoded' },
      body: `Action=${operation}&Version=${version}`,
    });
    const body = await response.text();
    const text = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    return { status: response.status, code: text('Code'), message: text('Message') };
  };
}

const RUNTIME_PATHS: Readonly<Record<string, string>> = {
  InvokeEndpoint: 'invocations',
  InvokeEndpointAsync: 'async-invocations',
  InvokeEndpointWithResponseStream: 'invocations-response-stream',
};

export const askRuntime: Ask = async (url, operation) => {
  const path = RUNTIME_PATHS[operation] ?? `no path is known for ${operation}`;
  const response = await fetch(`${url}/endpoints/none/${path}`, {
    method: 'POST',
    headers: signedFor('sagemaker'),
    body: 'x',
  });
  const body = JSON.parse(await response.text());
  return { status: response.status, code: response.headers.get('x-amzn-errortype') ?? '', message: body.message ?? '' };
};

/** S3's operations differ by path, query and headers: the SDK itself is asked to write the request. */
export const askS3: Ask = async (url, operation) => {
  const commands: Readonly<Record<string, unknown>> = { ...s3Api };
  const schema = commands[`${operation}$`];
  const Command = commands[`${operation}Command`];
  if (!Array.isArray(schema) || typeof Command !== 'function') throw new Error(`the SDK has no ${operation}`);
  const client = new s3Api.S3Client({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    // The one operation with a host of its own would otherwise be sent there.
    disableHostPrefix: true,
  });
  try {
    const input = Object.assign(
      {},
      dummyOf(NormalizedSchema.of(schema[4])),
      operation === 'PutObject' ? { Body: 'x' } : {}
    );
    const command: s3Api.ListBucketsCommand = Reflect.construct(Command, [input]);
    const { $metadata } = await client.send(command);
    return { status: $metadata.httpStatusCode ?? 0, code: '', message: '' };
  } catch (error) {
    if (!(error instanceof s3Api.S3ServiceException)) throw error;
    return { status: error.$metadata.httpStatusCode ?? 0, code: error.name, message: error.message };
  } finally {
    client.destroy();
  }
};

/** The required members of a structure, each with a value of its type that means nothing. */
function dummyOf(schema: NormalizedSchema): unknown {
  if (schema.isStructSchema()) {
    const struct: unknown = schema.getSchema();
    const required = Array.isArray(struct) && typeof struct[6] === 'number' ? struct[6] : 0;
    const members = [...schema.structIterator()].slice(0, required);
    return Object.fromEntries(
      members.map(([name, member]) => [name, name === 'Bucket' ? 'asked' : dummyOf(member)] as const)
    );
  }
  if (schema.isListSchema()) return [dummyOf(schema.getValueSchema())];
  if (schema.isMapSchema()) return {};
  if (schema.isTimestampSchema()) return new Date(0);
  if (schema.isNumericSchema()) return 1;
  if (schema.isBooleanSchema()) return false;
  return 'asked';
}

function lastPart(type: unknown): string {
  return typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : '';
}
