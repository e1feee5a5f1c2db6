import type { Compared } from '../../batch';
import { addCounts } from '../../batch';
import type { BatchDeps } from './deps';
import { fieldReader } from '../evidence/field';
import { runPlaces } from './addresses';
import { linesOf } from './lines';
import { jobOutputs } from './outputs';
import type { JobOutput } from './outputs';
import { donePieces, readDocument } from './pieces';
import type { PartObject } from './pieces';
import { bytesOf } from './ranges';
import type { PartContext } from './types';

const MOST_LINE_BYTES = 8 * 1024 * 1024;
const BEAT_LINES = 50_000;
/** A label longer than this is no label, and would fill the report. */
const LABEL_CHARS = 40;

/**
 * The challenger has scored exactly what the model has scored, in a job of its own; its answers are compared line by line and go nowhere else. What
 * it refuses is counted, and is never a reason to hold the model's results back.
 */
export async function comparePart(deps: BatchDeps, context: PartContext): Promise<Compared> {
  const { s3 } = deps.aws;
  const objects = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const pieces = await donePieces(s3, context);
  const job = { context, by: 'challenger' } as const;
  const outputs = await jobOutputs(s3, job, { objects, pieces });
  let sum: Compared = { pairs: 0, different: 0, refused: 0, changes: {} };
  for (const piece of pieces) {
    const own = outputs.get(piece);
    const records = piece.records ?? 0;
    const compared =
      own === undefined
        ? null
        : await comparePiece(deps, context, [
            { bucket: runPlaces(context).bucket, key: piece.output, bytes: piece.outputBytes },
            own,
          ]);
    sum = compared?.pairs === records ? added(sum, compared) : { ...sum, refused: sum.refused + records };
    deps.heartbeat();
  }
  return sum;
}

type Pairs = Omit<Compared, 'refused'>;

/** Line by line; null when one has more lines than the other. */
async function comparePiece(
  deps: BatchDeps,
  { batch }: PartContext,
  [own, other]: readonly [JobOutput, JobOutput]
): Promise<Pairs | null> {
  const read = fieldReader(batch.challenger?.prediction ?? '$');
  const linesIn = (output: JobOutput) =>
    linesOf(bytesOf(deps.aws.s3, output, { from: 0, to: output.bytes }), { from: 0, mostBytes: MOST_LINE_BYTES });
  const [mine, theirs] = [linesIn(own), linesIn(other)];
  const changes = new Map<string, number>();
  let [pairs, different] = [0, 0];
  for (;;) {
    const [a, b] = await Promise.all([mine.next(), theirs.next()]);
    if (a.done === true || b.done === true)
      return a.done === b.done ? { pairs, different, changes: Object.fromEntries(changes) } : null;
    pairs += 1;
    if (pairs % BEAT_LINES === 0) deps.heartbeat();
    const [was, is] = [a.value.bytes, b.value.bytes].map((line) => read(line?.toString('utf8') ?? '') ?? '(none)');
    if (was === is) continue;
    different += 1;
    const change = `${was?.slice(0, LABEL_CHARS)} → ${is?.slice(0, LABEL_CHARS)}`;
    changes.set(change, (changes.get(change) ?? 0) + 1);
  }
}

function added(sum: Compared, { pairs, different, changes }: Pairs): Compared {
  return {
    ...sum,
    pairs: sum.pairs + pairs,
    different: sum.different + different,
    changes: addCounts(sum.changes, changes),
  };
}
