import type { BadRecord } from '../../batch';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BatchDeps } from './deps';
import { lineCheck } from './bad-line';
import { contentBytes, contentOf, isPacked } from './content';
import { cutPieces } from './cut';
import { inParallel } from './documents';
import { eachLine } from './lines';
import { NotGzip } from './packed';
import { readDocument, writeDocument } from './pieces';
import type { PartObject, Piece, Refused } from './pieces';
import { expectFewBad, told, writeQuarantine } from './refusals';
import type { PartContext } from './types';

const BYTES_PER_MB = 1024 * 1024;
/** With many small objects the way to S3 takes longer than the reading; of large ones so many ranges are held. */
const READ_AT_ONCE = 4;
/** A filter may make a record small enough that is not so in the object. */
const UNFILTERED_FACTOR = 4;

/**
 * Reads every object of a part once, in ranges, unpacking what is packed: counts its records, puts aside what cannot be sent (too large, malformed), and cuts what is large
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
  const listed = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const scans = new Map<number, Scanned>();
  await inParallel([...listed.entries()], READ_AT_ONCE, async ([index, object]) => {
    scans.set(index, await scan(s3, context, { index, object, beat: deps.heartbeat }));
    deps.heartbeat();
  });
  const inOrder = listed.flatMap((_, index) => scans.get(index) ?? []);
  const objects = inOrder.map(({ object }) => object);
  if (isPacked(context)) await writeDocument(s3, context, { kind: 'objects', value: objects });
  const refused = inOrder.flatMap((one) => one.refused);
  const records = inOrder.reduce((sum, one) => sum + one.records, 0);
  expectFewBad(context, { objects, refused, records });
  const cuts = inOrder.map(({ pieces, object }, index) => ({ out: wholePiece(index, object), pieces }));
  const cut = await cutPieces(s3, context, { round: 0, objects, cuts, onCopy: deps.heartbeat });
  await writeDocument(s3, context, { kind: 'pieces', round: 0, value: cut });
  await writeQuarantine(deps, context, { objects, refused, round: 0 });
  return { records, refused: refused.length, pieces: cut.length, bad: told(context, objects, refused) };
}

/** What one object came to. */
interface Scanned {
  readonly object: PartObject;
  readonly pieces: readonly Piece[];
  readonly refused: readonly Refused[];
  readonly records: number;
}

/** How a gzip file begins (RFC 1952, 2.3.1). */
const GZIP = [0x1f, 0x8b] as const;

/** Ranges without a heartbeat in between may not take longer than its timeout. */
const BEAT_LINES = 50_000;

interface ToScan {
  readonly index: number;
  readonly object: PartObject;
  readonly beat: () => void;
}

async function scan(s3: S3Client, context: PartContext, of: ToScan): Promise<Scanned> {
  try {
    return await (context.batch.split === 'Line' ? scanLines : scanWhole)(s3, context, of);
  } catch (error) {
    if (!(error instanceof NotGzip)) throw error;
    return refusedWhole(of, { bytes: 0, why: `\`compression\` is Gzip, and it is not packed so: ${error.message}` });
  }
}

async function scanLines(s3: S3Client, context: PartContext, of: ToScan): Promise<Scanned> {
  const { index, object, beat } = of;
  const { batch } = context;
  const limitBytes = mostBytes(context);
  const check = lineCheck(batch);
  const pieces: Piece[] = [];
  const refused: Refused[] = [];
  let isUnsaid = false;
  let [start, firstLine, records, line, end] = [0, 1, 0, 0, 0];
  const close = (to: number): void => {
    if (records > 0) pieces.push({ object: index, from: start, to, firstLine, records, slice: null });
    [start, firstLine, records] = [to, line + 1, 0];
  };
  const chunks = contentOf(s3, context, object);
  await eachLine(chunks, { from: 0, mostBytes: limitBytes }, ({ from, to, bytes }) => {
    if (from === 0 && !isPacked(context) && bytes?.[0] === GZIP[0] && bytes[1] === GZIP[1]) isUnsaid = true;
    if (isUnsaid) return;
    end = to;
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
  if (isUnsaid)
    return refusedWhole(of, { bytes: object.bytes, why: 'it is packed with gzip: write `compression: Gzip`' });
  if (line === 0) return refusedWhole(of, { bytes: 0, why: 'the object is empty' });
  close(end);
  return { object: sized(context, object, end), pieces, refused, records: line };
}

/** Records that are no lines: SageMaker and the model have to make sense of the object. */
async function scanWhole(s3: S3Client, context: PartContext, of: ToScan): Promise<Scanned> {
  const { index, object, beat } = of;
  let { bytes } = object;
  if (isPacked(context)) {
    bytes = 0;
    for await (const chunk of contentOf(s3, context, object)) {
      bytes += chunk.length;
      beat();
    }
  }
  const limitBytes = mostBytes(context);
  if (context.batch.split === 'None' && bytes > limitBytes)
    return refusedWhole(of, { bytes, why: tooLarge(bytes, limitBytes) });
  const own = sized(context, object, bytes);
  return { object: own, pieces: [wholePiece(index, own)], refused: [], records: 1 };
}

/** Of one request, or of one record before what the filter takes off. */
function mostBytes({ batch: { payloadMb, filters } }: PartContext): number {
  return payloadMb * BYTES_PER_MB * (filters.input === undefined ? 1 : UNFILTERED_FACTOR);
}

function sized(context: PartContext, object: PartObject, unpackedBytes: number): PartObject {
  return isPacked(context) ? { ...object, unpackedBytes } : object;
}

function wholePiece(index: number, object: PartObject): Piece {
  return { object: index, from: 0, to: contentBytes(object), firstLine: 1, records: null, slice: null };
}

/** `bytes`: how many of what it holds are known. */
function refusedWhole(
  { index, object }: ToScan,
  { bytes, why }: { readonly bytes: number; readonly why: string }
): Scanned {
  return {
    object: bytes === object.bytes ? object : { ...object, unpackedBytes: bytes },
    pieces: [],
    refused: [{ object: index, from: 0, to: bytes, line: null, why }],
    records: 1,
  };
}

function tooLarge(bytes: number, limitBytes: number): string {
  return `it has ${bytes} bytes, above the payload of ${limitBytes}`;
}
