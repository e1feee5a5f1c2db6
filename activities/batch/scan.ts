import type { BadRecord } from '../../batch';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BatchDeps } from './deps';
import { placeOf } from './addresses';
import { lineCheck } from './bad-line';
import { inParallel } from './documents';
import { eachLine } from './lines';
import { cutPieces, readDocument, writeDocument } from './pieces';
import type { PartObject, Piece, Refused } from './pieces';
import { bytesOf } from './ranges';
import { expectFewBad, told, writeQuarantine } from './refusals';
import type { PartContext } from './types';

const BYTES_PER_MB = 1024 * 1024;
/** With many small objects the way to S3 takes longer than the reading; of large ones so many ranges are held. */
const READ_AT_ONCE = 4;
/** A filter may make a record small enough that is not so in the object. */
const UNFILTERED_FACTOR = 4;

/**
 * Reads every object of a part once, in ranges: counts its records, puts aside what cannot be sent (too large, malformed), and cuts what is large
 * into slices that end with a line.
 */
export async function scanPart(
  deps: BatchDeps,
  context: PartContext
): Promise<{
  readonly records: number;
  readonly refused: number;
  readonly pieces: number;
  readonly bad: readonly BadRecord[];
}> {
  const { s3 } = deps.aws;
  const objects = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const scans = new Map<number, Scanned>();
  await inParallel([...objects.entries()], READ_AT_ONCE, async ([index, object]) => {
    scans.set(index, await scan(s3, context, { index, object, beat: deps.heartbeat }));
    deps.heartbeat();
  });
  const inOrder = objects.flatMap((_, index) => scans.get(index) ?? []);
  const pieces = inOrder.flatMap((one) => one.pieces);
  const refused = inOrder.flatMap((one) => one.refused);
  const records = inOrder.reduce((sum, one) => sum + one.records, 0);
  expectFewBad(context, { objects, refused, records });
  const cut = await cutPieces(s3, context, { round: 0, objects, pieces, onCopy: deps.heartbeat });
  await writeDocument(s3, context, { kind: 'pieces', round: 0, value: cut });
  await writeQuarantine(deps, context, { objects, refused, round: 0 });
  return { records, refused: refused.length, pieces: cut.length, bad: told(context, objects, refused) };
}

/** What one object came to. */
interface Scanned {
  readonly pieces: readonly Piece[];
  readonly refused: readonly Refused[];
  readonly records: number;
}

/** How a gzip file begins (RFC 1952, 2.3.1). */
const GZIP = [0x1f, 0x8b] as const;

/** Ranges without a heartbeat in between may not take longer than its timeout. */
const BEAT_LINES = 50_000;

async function scan(
  s3: S3Client,
  context: PartContext,
  of: { readonly index: number; readonly object: PartObject; readonly beat: () => void }
): Promise<Scanned> {
  const { index, object, beat } = of;
  const { batch, opened } = context;
  const limitBytes = batch.payloadMb * BYTES_PER_MB * (batch.filters.input === undefined ? 1 : UNFILTERED_FACTOR);
  if (batch.split !== 'Line') return whole(context, { index, object, limitBytes });
  const place = { bucket: placeOf(opened.input).bucket, key: object.key };
  const check = lineCheck(batch);
  const pieces: Piece[] = [];
  const refused: Refused[] = [];
  let isPacked = false;
  let [start, firstLine, records, line] = [0, 1, 0, 0];
  const close = (to: number): void => {
    if (records > 0) pieces.push({ object: index, from: start, to, firstLine, records, slice: null });
    [start, firstLine, records] = [to, line + 1, 0];
  };
  const chunks = bytesOf(s3, place, { from: 0, to: object.bytes });
  await eachLine(chunks, { from: 0, mostBytes: limitBytes }, ({ from, to, bytes }) => {
    if (from === 0 && bytes?.[0] === GZIP[0] && bytes[1] === GZIP[1]) isPacked = true;
    if (isPacked) return;
    const why = bytes === null ? tooLarge(to - from, limitBytes) : check(bytes);
    if (why !== null) {
      close(from);
      line += 1;
      refused.push({ object: index, from, to, line, why });
      [start, firstLine] = [to, line + 1];
      return;
    }
    if (records > 0 && to - start > batch.parts.sliceBytes) close(from);
    line += 1;
    records += 1;
    if (line % BEAT_LINES === 0) beat();
  });
  if (isPacked) {
    const why = 'it is packed with gzip, in which no lines can be counted or cut: write it unpacked';
    return { pieces: [], refused: [{ object: index, from: 0, to: object.bytes, line: null, why }], records: 1 };
  }
  close(object.bytes);
  return { pieces, refused, records: line };
}

function whole(
  context: PartContext,
  { index, object, limitBytes }: { readonly index: number; readonly object: PartObject; readonly limitBytes: number }
): Scanned {
  const range = { object: index, from: 0, to: object.bytes };
  if (context.batch.split === 'None' && object.bytes > limitBytes)
    return { pieces: [], refused: [{ ...range, line: null, why: tooLarge(object.bytes, limitBytes) }], records: 1 };
  return { pieces: [{ ...range, firstLine: 1, records: null, slice: null }], refused: [], records: 1 };
}

function tooLarge(bytes: number, limitBytes: number): string {
  return `it has ${bytes} bytes, above the payload of ${limitBytes}`;
}
