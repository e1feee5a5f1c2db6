import { JsonCodec } from '@aws-sdk/core/protocols';
import { CborCodec } from '@smithy/core/cbor';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Answer, Exchange } from '../../http/service';
import { CloudWatchError } from '../errors';
import { decodeForm } from './form';
import type { OperationSchema } from './model';
import { encodeXml, errorXml } from './xml';

/** One way of speaking to CloudWatch: what a request asks for, and how answers and errors are written. */
export interface Protocol {
  readonly operation: string;
  decode(schema: NormalizedSchema, body: Buffer): Promise<unknown>;
  encode(operation: OperationSchema, output: object): Answer;
  refuse(error: CloudWatchError): Answer;
}

/** 7 is epoch seconds in the SDK's numbering. */
const json = new JsonCodec({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });
const cbor = new CborCodec();

/** Tells the protocol of a request: RPC v2 CBOR by its header, awsJson by its target, Query otherwise. */
export function protocolOf(exchange: Exchange, body: Buffer): Protocol {
  if (exchange.headers['smithy-protocol'] === 'rpc-v2-cbor') return cborProtocol(exchange);
  const target = exchange.headers['x-amz-target'];
  if (target !== undefined) return jsonProtocol(target, exchange);
  return queryProtocol(exchange, body);
}

function jsonProtocol(target: string, exchange: Exchange): Protocol {
  const contentType = exchange.headers['content-type'] ?? 'application/x-amz-json-1.0';
  return {
    operation: target.slice(target.lastIndexOf('.') + 1),
    decode: (schema, body) =>
      reading(() => json.createDeserializer().read(schema, body.length === 0 ? Buffer.from('{}') : body)),
    encode: ({ output: schema }, output) => {
      if (schema.isUnitSchema()) return answer(200, contentType, '{}');
      const serializer = json.createSerializer();
      serializer.write(schema, output);
      return answer(200, contentType, serializer.flush());
    },
    refuse: (error) => {
      const refusal = answer(error.status, contentType, JSON.stringify(wireError(error)));
      return { ...refusal, headers: { ...refusal.headers, ...queryError(error) } };
    },
  };
}

function cborProtocol(exchange: Exchange): Protocol {
  const headers = { 'smithy-protocol': 'rpc-v2-cbor' };
  const write = (status: number, schema: NormalizedSchema | 15, value: object): Answer => {
    const serializer = cbor.createSerializer();
    // 15 is a document: an error's few members need no schema.
    serializer.write(schema, value);
    const made = answer(status, 'application/cbor', serializer.flush());
    return { ...made, headers: { ...made.headers, ...headers } };
  };
  return {
    operation: exchange.path.slice(exchange.path.lastIndexOf('/') + 1),
    decode: (schema, body) => reading(() => (body.length === 0 ? {} : cbor.createDeserializer().read(schema, body))),
    encode: ({ output }, value) => write(200, output.isUnitSchema() ? 15 : output, value),
    refuse: (error) => {
      const refusal = write(error.status, 15, wireError(error));
      return { ...refusal, headers: { ...refusal.headers, ...queryError(error) } };
    },
  };
}

function queryProtocol(exchange: Exchange, body: Buffer): Protocol {
  const form = new URLSearchParams(exchange.method === 'GET' ? exchange.query : body.toString());
  const { requestId } = exchange;
  return {
    operation: form.get('Action') ?? '',
    decode: (schema) => reading(() => decodeForm(schema, form)),
    encode: ({ name, output: schema }, output) =>
      answer(200, 'text/xml', encodeXml(name, { schema, output, requestId })),
    refuse: ({ code, message, status }) =>
      answer(status, 'text/xml', errorXml({ code, message, requestId, isFault: status >= 500 })),
  };
}

function wireError(error: CloudWatchError): { readonly __type: string; readonly message: string } {
  return { __type: `com.amazonaws.cloudwatch#${error.shape}`, message: error.message };
}

/** Clients of the former Query protocol know errors by its codes, so the others carry them along. */
function queryError(error: CloudWatchError): Record<string, string> {
  return { 'x-amzn-query-error': `${error.code};${error.status >= 500 ? 'Receiver' : 'Sender'}` };
}

async function reading(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof CloudWatchError) throw cause;
    throw Object.assign(new CloudWatchError('SerializationException', 'The request body could not be read.'), {
      cause,
    });
  }
}

function answer(status: number, contentType: string, body: string | Uint8Array): Answer {
  const bytes = Buffer.from(body);
  return { status, headers: { 'content-type': contentType, 'content-length': String(bytes.length) }, body: bytes };
}
