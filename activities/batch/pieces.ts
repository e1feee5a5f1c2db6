import type { S3Client } from '@aws-sdk/client-s3';
import type { BatchContext } from '../../batch';
import { partName, runPlaces } from './addresses';
import type { ObjectPlace } from './addresses';
import { getJson, putJson } from './documents';
import type { PartContext } from './types';

/** An object of a part. */
export interface PartObject {
  readonly key: string;
  /** Below the input's last slash: what its result is named after. */
  readonly path: string;
  readonly bytes: number;
  /** Of what it holds, once that was read; absent where it is not packed. */
  readonly unpackedBytes?: number;
}

/** What a transform job gets as one object: a whole object, or lines of it. */
export interface Piece {
  /** Index in the part's objects. */
  readonly object: number;
  /** Bytes of the object, or of what a packed one holds, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly firstLine: number;
  /** Null where records are not lines. */
  readonly records: number | null;
  /** Key of its copy; null: it is the object itself. */
  readonly slice: string | null;
  /** Of the copy, where it is packed. */
  readonly packedBytes?: number;
}

/** A piece with its result. */
export interface DonePiece extends Piece {
  readonly output: string;
  readonly outputBytes: number;
  readonly isEnded: boolean;
}

/** Bytes of an object that have no result, with why. */
export interface Refused {
  readonly object: number;
  readonly from: number;
  readonly to: number;
  readonly line: number | null;
  readonly why: string;
}

export type DocumentKind = 'objects' | 'pieces' | 'done' | 'bad' | 'refused' | 'index';

/** Documents of a part, which hold what would be too much for a workflow's history. */
export function documentPlace(context: BatchContext, kind: DocumentKind, id: string): ObjectPlace {
  const { bucket, work } = runPlaces(context);
  return { bucket, key: `${work}${kind}/${id}.json` };
}

/** A document of a part, or of one round of it. */
function partDocument(
  context: PartContext,
  { kind, round }: { readonly kind: DocumentKind; readonly round?: number | undefined }
): ObjectPlace {
  const part = partName(context.part);
  return documentPlace(context, kind, round === undefined ? part : `${part}-r${round}`);
}

export async function readDocument<T>(
  s3: S3Client,
  context: PartContext,
  { kind, round }: { readonly kind: DocumentKind; readonly round?: number }
): Promise<readonly T[]> {
  return (await getJson<readonly T[]>(s3, partDocument(context, { kind, round }))) ?? [];
}

/** What all rounds of a part have written of a kind. */
export async function readRounds<T>(s3: S3Client, context: PartContext, kind: DocumentKind): Promise<readonly T[]> {
  const rounds = Array.from({ length: context.round + 1 }, (_, round) => round);
  return (await Promise.all(rounds.map((round) => readDocument<T>(s3, context, { kind, round })))).flat();
}

/** What of a part has its result, over all rounds. */
export function donePieces(s3: S3Client, context: PartContext): Promise<readonly DonePiece[]> {
  return readRounds<DonePiece>(s3, context, 'done');
}

export async function writeDocument(
  s3: S3Client,
  context: PartContext,
  of: { readonly kind: DocumentKind; readonly round?: number; readonly value: readonly unknown[] }
): Promise<void> {
  await putJson(s3, partDocument(context, of), of.value);
}
