import type { S3Client } from '@aws-sdk/client-s3';
import type { BadRecord } from '../../batch';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { pieceContent } from './content';
import { cutPieces } from './cut';
import { eachLine } from './lines';
import { readDocument, writeDocument } from './pieces';
import type { PartObject, Piece, Refused } from './pieces';
import { expectFewBad, recordText, told, writeQuarantine } from './refusals';
import type { PartContext } from './types';

/** How many pieces one that failed becomes: a million lines are down to single ones after four jobs, not after twenty. */
const FAN_OUT = 64;
/** A job gets so many pieces at most; with many that failed, each is cut less finely. */
const MOST_PIECES = 4_096;
/** When so many pieces were tried, and none was ever good, the records are not to blame. */
const ENOUGH_TRIED = 16;
const MOST_LINE_BYTES = 64 * 1024;

/**
 * SageMaker gives no result for an object in which one record fails. What failed is cut into smaller pieces, which the next job tries alone; a single
 * record that fails is put aside. Throws `BadRecords` where the file allows none (naming the first), not so many, or where nothing is ever accepted.
 */
export async function carvePart(
  deps: BatchDeps,
  context: PartContext & {
    readonly records: number;
    readonly good: number;
    readonly quarantined: number;
    readonly reason: string | null;
  }
): Promise<{ readonly pieces: number; readonly quarantined: number; readonly bad: readonly BadRecord[] }> {
  const { s3 } = deps.aws;
  const objects = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const all = await readDocument<Piece>(s3, context, { kind: 'bad', round: context.round });
  expectSomeGood(context, objects, all);
  // One is enough to say which record it is.
  const bad = context.batch.onBadRecord === 'fail' ? all.slice(0, 1) : all;
  const why = context.reason ?? 'the model gave no result, or not a line for each record';
  const round = context.round + 1;
  const refused: Refused[] = bad.filter(isSingle).map(({ object, from, to, firstLine, records }) => ({
    object,
    from,
    to,
    line: records === null ? null : firstLine,
    why,
  }));
  expectFewBad(context, { objects, refused, records: context.records, before: context.quarantined });
  const many = bad.filter((piece) => !isSingle(piece));
  const fanOut = Math.max(2, Math.min(FAN_OUT, Math.floor(MOST_PIECES / Math.max(1, many.length))));
  const cuts: { readonly out: Piece; readonly pieces: readonly Piece[] }[] = [];
  for (const out of many) {
    cuts.push({ out, pieces: await carve(s3, context, { piece: out, objects, fanOut }) });
    deps.heartbeat();
  }
  const cut = await cutPieces(s3, context, { round, objects, cuts, onCopy: deps.heartbeat });
  await writeDocument(s3, context, { kind: 'pieces', round, value: cut });
  await writeQuarantine(deps, context, { objects, refused, pieces: bad.filter(isSingle), round });
  return { pieces: cut.length, quarantined: refused.length, bad: told(context, objects, refused) };
}

function isSingle({ records }: Piece): boolean {
  return records === null || records <= 1;
}

function expectSomeGood(
  context: Parameters<typeof carvePart>[1],
  objects: readonly PartObject[],
  bad: readonly Piece[]
): void {
  if (context.good > 0) return;
  const isAll = bad.length > 1 && bad.length === context.records - context.quarantined && bad.every(isSingle);
  if (!isAll && (context.round === 0 || bad.length < ENOUGH_TRIED)) return;
  const [first] = bad;
  const why = context.reason ?? 'no result';
  const where =
    first === undefined
      ? ''
      : recordText({
          object: told(context, objects, [{ ...first, line: first.firstLine, why }])[0]?.object ?? '',
          line: first.firstLine,
          why,
        });
  throw new FailureError(
    'BadRecords',
    `The model accepts nothing: ${bad.length} pieces of part ${context.part} were tried alone, and each was refused. Check \`contentType\` (${context.batch.contentType}), \`strategy\` and \`filters\`. First: ${where}`
  );
}

async function carve(
  s3: S3Client,
  context: PartContext,
  of: { readonly piece: Piece; readonly objects: readonly PartObject[]; readonly fanOut: number }
): Promise<readonly Piece[]> {
  const { piece, objects, fanOut } = of;
  const object = objects[piece.object];
  if (object === undefined) throw new Error('a piece of an object that its part does not have');
  const each = Math.ceil((piece.records ?? 1) / fanOut);
  const pieces: Piece[] = [];
  let [from, firstLine, records, line] = [piece.from, piece.firstLine, 0, piece.firstLine - 1];
  const chunks = pieceContent(s3, context, { piece, object });
  await eachLine(chunks, { from: piece.from, mostBytes: MOST_LINE_BYTES }, ({ to }) => {
    line += 1;
    records += 1;
    if (records < each && to < piece.to) return;
    pieces.push({ object: piece.object, from, to, firstLine, records, slice: null });
    [from, firstLine, records] = [to, line + 1, 0];
  });
  return pieces;
}
