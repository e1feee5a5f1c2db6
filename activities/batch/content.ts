import type { S3Client } from '@aws-sdk/client-s3';
import type { BatchContext } from '../../batch';
import { placeOf, runPlaces } from './addresses';
import { unpacked } from './packed';
import type { PartObject, Piece } from './pieces';
import { bytesOf } from './ranges';

/** Whether the objects of the input are packed; their places are then those in what they hold. */
export function isPacked({ batch }: Pick<BatchContext, 'batch'>): boolean {
  return batch.compression === 'Gzip';
}

/** Bytes of what an object holds. */
export function contentBytes({ bytes, unpackedBytes }: PartObject): number {
  return unpackedBytes ?? bytes;
}

/** What an object holds, from its beginning. Throws NotGzip. */
export function contentOf(s3: S3Client, context: BatchContext, { key, bytes }: PartObject): AsyncIterable<Buffer> {
  const chunks = bytesOf(s3, { bucket: placeOf(context.opened.input).bucket, key }, { from: 0, to: bytes });
  return isPacked(context) ? unpacked(chunks) : chunks;
}

/** What a piece holds. Nothing of a packed object can be found by its place, so that what was cut out of it is read from its copy. */
export function pieceContent(
  s3: S3Client,
  context: BatchContext,
  { piece, object }: { readonly piece: Piece; readonly object: PartObject }
): AsyncIterable<Buffer> {
  const place = { bucket: placeOf(context.opened.input).bucket, key: object.key };
  if (!isPacked(context)) return bytesOf(s3, place, piece);
  if (piece.slice === null) return contentOf(s3, context, object);
  const { slice: key, packedBytes: to = 0 } = piece;
  return unpacked(bytesOf(s3, { bucket: runPlaces(context).bucket, key }, { from: 0, to }));
}
