import type { S3Client } from '@aws-sdk/client-s3';
import type { BadRecord } from '../../batch';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { partName, placeOf, runPlaces, uriOf } from './addresses';
import { contentOf, isPacked, pieceContent } from './content';
import { putText } from './documents';
import { Cursor } from './packed';
import { writeDocument } from './pieces';
import type { PartObject, Piece, Refused } from './pieces';
import { bytesOf } from './ranges';
import type { PartContext } from './types';

/** Named one by one; the rest stands in the file. */
const TOLD = 20;
/** Of a record that is put aside, so much is kept to be looked at. */
const KEPT_BYTES = 4_096;

/** The first few as people read them. */
export function told(
  context: PartContext,
  objects: readonly PartObject[],
  refused: readonly Refused[]
): readonly BadRecord[] {
  const { bucket } = placeOf(context.opened.input);
  return refused
    .slice(0, TOLD)
    .map(({ object, line, why }) => ({ object: uriOf({ bucket, key: objects[object]?.key ?? '' }), line, why }));
}

/** Throws `BadRecords` where the file allows no bad record, or not so many of this part's. */
export function expectFewBad(
  context: PartContext,
  of: {
    readonly objects: readonly PartObject[];
    readonly refused: readonly Refused[];
    readonly records: number;
    /** Put aside before. */
    readonly before?: number;
  }
): void {
  const { objects, refused, records, before = 0 } = of;
  const { onBadRecord, atMostBad } = context.batch;
  const count = refused.length + before;
  if (refused.length === 0 || (onBadRecord === 'quarantine' && count <= Math.max(1, atMostBad * records))) return;
  const [first] = told(context, objects, refused);
  const where = first === undefined ? '' : ` First: ${recordText(first)}`;
  throw new FailureError(
    'BadRecords',
    onBadRecord === 'fail'
      ? `${count} of ${records} records of part ${context.part} cannot be scored, and \`onBadRecord\` is fail.${where}`
      : `${count} of ${records} records of part ${context.part} cannot be scored, more than \`atMostBad\` (${atMostBad * 100} %).${where}`
  );
}

/** `s3://bucket/key, line 7: it is no JSON`. */
export function recordText({ object, line, why }: BadRecord): string {
  return `${object}${line === null ? '' : `, line ${line}`}: ${why}.`;
}

/** Writes what is put aside to the run's quarantine: which object and line, why, and the beginning of the record. */
export async function writeQuarantine(
  deps: BatchDeps,
  context: PartContext,
  of: {
    readonly objects: readonly PartObject[];
    readonly refused: readonly Refused[];
    /** Those that were refused; absent where records were found while their objects were read. */
    readonly pieces?: readonly Piece[];
    readonly round: number;
  }
): Promise<void> {
  const { s3 } = deps.aws;
  const { bucket, work } = runPlaces(context);
  const { bucket: inputBucket } = placeOf(context.opened.input);
  await writeDocument(s3, context, { kind: 'refused', round: of.round, value: of.refused });
  if (of.refused.length === 0) return;
  const lines: string[] = [];
  for await (const { refused, record } of recordsOf(s3, context, of)) {
    const { object, line, from, to, why } = refused;
    const name = uriOf({ bucket: inputBucket, key: of.objects[object]?.key ?? '' });
    lines.push(JSON.stringify({ object: name, line, from, to, why, record }));
    deps.heartbeat();
  }
  const key = `${work}quarantine/${partName(context.part)}-r${of.round}.jsonl`;
  await putText(s3, { bucket, key }, `${lines.join('\n')}\n`);
}

/** What was refused with the beginning of its record. */
async function* recordsOf(
  s3: S3Client,
  context: PartContext,
  { objects, refused, pieces }: Parameters<typeof writeQuarantine>[2]
): AsyncGenerator<{ readonly refused: Refused; readonly record: string }> {
  let reading: { readonly object: number; readonly content: Cursor } | undefined;
  for (const [index, one] of refused.entries()) {
    const object = objects[one.object];
    if (object === undefined) continue;
    const [piece, to] = [pieces?.[index], Math.min(one.to, one.from + KEPT_BYTES)];
    if (!isPacked(context)) {
      const place = { bucket: placeOf(context.opened.input).bucket, key: object.key };
      yield { refused: one, record: await text(bytesOf(s3, place, { from: one.from, to })) };
    } else if (piece !== undefined) {
      const content = new Cursor(pieceContent(s3, context, { piece, object }), piece.from);
      yield { refused: one, record: await text(content.between(one.from, to)) };
      await content.close();
    } else {
      // In the order of their places, so that an object is unpacked once for all of its records.
      if (reading?.object !== one.object) {
        await reading?.content.close();
        reading = { object: one.object, content: new Cursor(contentOf(s3, context, object), 0) };
      }
      yield { refused: one, record: await text(reading.content.between(one.from, to)) };
    }
  }
  await reading?.content.close();
}

async function text(chunks: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return Buffer.concat(kept)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
