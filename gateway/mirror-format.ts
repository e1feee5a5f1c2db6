import { formatJsonLine } from './json-lines';

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
 * The answers of the live and of the mirrored model to one request; a line of JSON in S3, for whoever compares by hand: guards join pairs from data
 * capture, where SageMaker has written both answers itself. The request itself is not kept: it is in the live
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
