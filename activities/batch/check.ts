import type { BatchSpec } from '../../spec/types';
import type { BatchDeps } from './deps';
import { fieldReader } from '../evidence/field';
import { inParallel } from './documents';
import { countLines, eachLine } from './lines';
import { jobOutputs } from './outputs';
import type { JobOutput } from './outputs';
import { readDocument, writeDocument } from './pieces';
import type { DonePiece, PartObject, Piece } from './pieces';
import { bytesOf } from './ranges';
import type { PartContext } from './types';

const READ_AT_ONCE = 4;
/** Labels that a part tells apart; a place that holds no label must not fill a history. */
const MOST_LABELS = 100;
const OTHER = '(other)';
/** An answer of more than this is not looked into. */
const MOST_LINE_BYTES = 8 * 1024 * 1024;

/**
 * Compares what a job wrote with what it got: an output for every piece, in it a line for every record, and, of JSON, lines that can be read.
 * What does not fit is cut further, or put aside, like what the model refused.
 */
export async function checkPart(
  deps: BatchDeps,
  context: PartContext
): Promise<{ readonly good: number; readonly bad: number; readonly labels: Readonly<Record<string, number>> }> {
  const { s3 } = deps.aws;
  const objects = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const pieces = await readDocument<Piece>(s3, context, { kind: 'pieces', round: context.round });
  const outputs = await jobOutputs(s3, { context, by: 'model' }, { objects, pieces });
  const done = new Map<Piece, DonePiece>();
  const labels: Record<string, number> = {};
  await inParallel(pieces, READ_AT_ONCE, async (piece) => {
    const output = outputs.get(piece);
    if (output === undefined) return;
    const read = await readOutput(deps, context.batch, output);
    const isWhole = piece.records === null || !areCounted(context.batch) || read.lines === piece.records;
    if (!isWhole || read.unreadable > 0) return;
    done.set(piece, { ...piece, output: output.key, outputBytes: output.bytes, isEnded: read.isEnded });
    for (const [label, count] of read.labels) addLabel(labels, label, count);
    deps.heartbeat();
  });
  const bad = pieces.filter((piece) => !done.has(piece));
  await writeDocument(s3, context, {
    kind: 'done',
    round: context.round,
    value: pieces.flatMap((one) => done.get(one) ?? []),
  });
  await writeDocument(s3, context, { kind: 'bad', round: context.round, value: bad });
  return {
    good: pieces.reduce((sum, one) => sum + (done.has(one) ? (one.records ?? 1) : 0), 0),
    bad: bad.length,
    labels,
  };
}

/** Answers that are not made lines stand one behind the other as the model gave them. */
function areCounted({ assemble, verify }: BatchSpec): boolean {
  return assemble === 'Line' && verify.counts;
}

interface OutputRead {
  readonly lines: number;
  readonly unreadable: number;
  readonly isEnded: boolean;
  readonly labels: ReadonlyMap<string, number>;
}

async function readOutput(deps: BatchDeps, batch: BatchSpec, output: JobOutput): Promise<OutputRead> {
  const chunks = bytesOf(deps.aws.s3, output, { from: 0, to: output.bytes });
  const place = predictionPlace(batch);
  const isJson = isJsonLines(batch);
  if (place === undefined && !isJson) {
    const { lines, isEnded } = await countLines(chunks);
    return { lines, isEnded, unreadable: 0, labels: new Map() };
  }
  const readLabel = place === undefined ? () => undefined : fieldReader(place);
  const labels = new Map<string, number>();
  let [lines, unreadable, last] = [0, 0, 0];
  await eachLine(chunks, { from: 0, mostBytes: MOST_LINE_BYTES }, ({ bytes }) => {
    lines += 1;
    last = bytes?.at(-1) ?? 0;
    const text = bytes?.toString('utf8') ?? '';
    if (isJson && !isJsonText(text)) unreadable += 1;
    const label = readLabel(text);
    if (label !== undefined) labels.set(label, (labels.get(label) ?? 0) + 1);
  });
  return { lines, unreadable, isEnded: lines === 0 || last === 10, labels };
}

function addLabel(labels: Record<string, number>, label: string, count: number): void {
  const name = Object.hasOwn(labels, label) || Object.keys(labels).length < MOST_LABELS ? label.slice(0, 80) : OTHER;
  labels[name] = (labels[name] ?? 0) + count;
}

/** Where the predicted label stands in a line, when anybody asks for it. */
function predictionPlace({ verify, challenger }: BatchSpec): string | undefined {
  return verify.drift?.prediction ?? challenger?.prediction;
}

function isJsonLines({ accept, contentType, split, assemble }: BatchSpec): boolean {
  return split === 'Line' && assemble === 'Line' && /^application\/json(lines)?\b/i.test(accept ?? contentType);
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
