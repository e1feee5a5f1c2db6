import type { NormalizedSchema } from '@smithy/core/schema';
import { Readable } from 'node:stream';
import type { Answer } from '../../http/service';
import { S3Error } from '../errors';
import type { Address } from './address';
import { readXml, writeXml } from './codec';
import type { Operation } from './route';

/** The parts of a request that the model binds members to. */
export interface BoundRequest {
  readonly address: Address;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Reads and verifies an XML body; not called for streaming operations. */
  readonly readBody: () => Promise<Buffer>;
}

/** Builds an operation's input from a request, as the model's HTTP bindings say. Streaming bodies stay unread. */
export async function decodeInput(schema: NormalizedSchema, request: BoundRequest): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const value = await decodeMember(name, member, request);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

async function decodeMember(name: string, member: NormalizedSchema, request: BoundRequest): Promise<unknown> {
  const traits = member.getMergedTraits();
  if (traits.httpLabel) return name === 'Bucket' ? request.address.bucket : request.address.key;
  if (traits.httpQuery) return decodeText(member, request.query.get(traits.httpQuery) ?? undefined, traits.httpQuery);
  if (traits.httpHeader) return decodeText(member, request.headers[traits.httpHeader.toLowerCase()], traits.httpHeader);
  if (traits.httpPrefixHeaders) return prefixed(request.headers, traits.httpPrefixHeaders);
  if (traits.httpPayload && member.isStructSchema()) {
    const body = await request.readBody();
    return body.length === 0 ? undefined : readXml(member, body);
  }
  return undefined;
}

function prefixed(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

function decodeText(member: NormalizedSchema, text: string | undefined, source: string): unknown {
  if (text === undefined) return undefined;
  if (member.isListSchema()) return text.split(',').map((item) => item.trim());
  if (member.isBooleanSchema()) return text === 'true';
  if (member.isNumericSchema()) {
    const number = Number(text);
    if (text.trim() === '' || !Number.isInteger(number)) {
      throw new S3Error('InvalidArgument', `Provided ${source} not an integer or within integer range`, {
        ArgumentName: source,
        ArgumentValue: text,
      });
    }
    return number;
  }
  if (member.isTimestampSchema()) {
    const ms = Date.parse(text);
    // HTTP says to ignore a condition whose date cannot be read.
    return Number.isNaN(ms) ? undefined : new Date(ms);
  }
  return text;
}

/** Builds the answer from an operation's output, as the model's HTTP bindings say. */
export function encodeOutput(operation: Operation, output: Readonly<Record<string, unknown>>, status?: number): Answer {
  const headers: Record<string, string> = {};
  let body: Answer['body'] | undefined;
  let isDocument = false;
  for (const [name, member] of operation.output.isUnitSchema() ? [] : operation.output.structIterator()) {
    const value = output[name];
    const traits = member.getMergedTraits();
    if (traits.httpPayload) {
      if (value instanceof Readable || Buffer.isBuffer(value) || typeof value === 'string') body = value;
      else if (value !== undefined) body = writeXml(member, value);
    } else if (traits.httpHeader) {
      if (value !== undefined) headers[traits.httpHeader.toLowerCase()] = encodeText(value);
    } else if (traits.httpPrefixHeaders) {
      for (const [key, text] of entriesOf(value)) headers[`${traits.httpPrefixHeaders}${key}`] = text;
    } else {
      isDocument = true;
    }
  }
  if (isDocument) body = writeXml(operation.output, output);
  if (typeof body === 'string') {
    headers['content-type'] = 'application/xml';
    headers['content-length'] = String(Buffer.byteLength(body));
  } else if (body === undefined && headers['content-length'] === undefined && operation.status !== 204) {
    headers['content-length'] = '0';
  }
  return { status: status ?? operation.status, headers, body: body ?? '' };
}

function entriesOf(value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, text]) => [key, String(text)]);
}

function encodeText(value: unknown): string {
  if (value instanceof Date) return value.toUTCString();
  if (Array.isArray(value)) return value.join(', ');
  return String(value);
}
