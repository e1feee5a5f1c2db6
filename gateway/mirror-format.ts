import { formatJsonLine, parseJsonLines } from './json-lines';
import { isCount, isInstant, isObject, isOptional, isText } from './shape';

/** One of the two answers to a mirrored call. */
export interface PairedAnswer {
  /** Null when nobody knows, as after a lost connection. */
  readonly variant: string | null;
  /** HTTP status; 503 when no model was reached. */
  readonly status: number;
  readonly latencyMs: number;
  readonly contentType: string | null;
  /** The answer as text, or in base64 where it is none; null when it is longer than 64 KiB. */
  readonly body: string | null;
  readonly encoding: 'UTF8' | 'BASE64';
}

/**
 * The answers of the live and of the mirrored model to one request; a line of JSON in S3. The request itself is not kept: it is in the live
 * endpoint's data capture, by the same inference id.
 */
export interface MirrorPair {
  readonly version: 1;
  readonly endpoint: string;
  readonly inferenceId: string;
  readonly userId?: string;
  readonly group?: string;
  /** Epoch of the assignment that asked for the copy. */
  readonly epoch: number;
  /** ISO-8601: when the live answer was returned. */
  readonly at: string;
  readonly live: PairedAnswer;
  readonly shadow: PairedAnswer & { readonly endpoint: string };
}

export function formatPair(pair: MirrorPair): string {
  return formatJsonLine(pair);
}

/** @throws on a line that is no pair of this version */
export function parsePairs(text: string): readonly MirrorPair[] {
  return parseJsonLines(text, { what: 'a mirrored pair of version 1', isValid: isPair });
}

/** Bodies above this are left out: a pair is for comparing predictions, not for keeping pictures. */
const LONGEST_BODY_BYTES = 64 * 1024;

export function pairedBody(body: Uint8Array): Pick<PairedAnswer, 'body' | 'encoding'> {
  if (body.length > LONGEST_BODY_BYTES) return { body: null, encoding: 'UTF8' };
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), encoding: 'UTF8' };
  } catch {
    return { body: Buffer.from(body).toString('base64'), encoding: 'BASE64' };
  }
}

function isPair(value: unknown): value is MirrorPair {
  return (
    isObject(value) &&
    value.version === 1 &&
    isText(value.endpoint) &&
    isText(value.inferenceId) &&
    isOptional(value.userId, isText) &&
    isOptional(value.group, isText) &&
    isCount(value.epoch) &&
    isInstant(value.at) &&
    isAnswer(value.live) &&
    isAnswer(value.shadow) &&
    isText(value.shadow.endpoint)
  );
}

function isAnswer(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    isObject(value) &&
    (value.variant === null || isText(value.variant)) &&
    isCount(value.status) &&
    typeof value.latencyMs === 'number' &&
    (value.contentType === null || typeof value.contentType === 'string') &&
    (value.body === null || typeof value.body === 'string') &&
    (value.encoding === 'UTF8' || value.encoding === 'BASE64')
  );
}
