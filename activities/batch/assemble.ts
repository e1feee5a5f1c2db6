import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { placeOf, runPlaces, uriOf } from './addresses';
import { contentBytes } from './content';
import { inParallel } from './documents';
import { donePieces, readDocument, readRounds, writeDocument } from './pieces';
import type { DonePiece, PartObject, Refused } from './pieces';
import type { PartContext } from './types';
import { copyStretches, writeObject } from './writer';

/** One object of the input and what became of it, as the manifest lists it. */
export interface ManifestEntry {
  readonly input: string;
  /** Null where no record of it has a result. */
  readonly output: string | null;
  readonly records: number | null;
  readonly bytes: number;
}

const WRITES_AT_ONCE = 4;
const LINE_FEED = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

/**
 * One result for each object of the input, its pieces in the order of the records. Before that it is proven that pieces and what was put aside cover
 * the object exactly: every byte once.
 */
export async function assemblePart(deps: BatchDeps, context: PartContext): Promise<void> {
  const { s3 } = deps.aws;
  const objects = await readDocument<PartObject>(s3, context, { kind: 'objects' });
  const pieces = byObject(await donePieces(s3, context));
  const refused = byObject(await readRounds<Refused>(s3, context, 'refused'));
  const { bucket, results } = runPlaces(context);
  const { bucket: inputBucket } = placeOf(context.opened.input);
  const entries = new Map<number, ManifestEntry>();
  await inParallel(
    objects.map((object, index) => ({ object, index })),
    WRITES_AT_ONCE,
    async ({ object, index }) => {
      const own = pieces.get(index) ?? [];
      expectCovered(object, [...own, ...(refused.get(index) ?? [])]);
      const key = `${results}${object.path}.out`;
      const joint = context.batch.assemble === 'Line' ? LINE_FEED : NOTHING;
      if (own.length > 0) await writeResult(deps, { bucket, key, pieces: own, joint });
      entries.set(index, {
        input: uriOf({ bucket: inputBucket, key: object.key }),
        output: own.length > 0 ? uriOf({ bucket, key }) : null,
        records: own.some(({ records }) => records === null)
          ? null
          : own.reduce((sum, one) => sum + (one.records ?? 0), 0),
        bytes: own.reduce((sum, one) => sum + one.outputBytes, 0),
      });
      deps.heartbeat();
    }
  );
  const value = objects.map((_, index) => entries.get(index)).filter((entry) => entry !== undefined);
  await writeDocument(s3, context, { kind: 'index', value });
}

async function writeResult(
  deps: BatchDeps,
  {
    bucket,
    key,
    pieces,
    joint,
  }: {
    readonly bucket: string;
    readonly key: string;
    readonly pieces: readonly DonePiece[];
    /** What stands between two pieces of which the first is not ended by a line feed. */
    readonly joint: Buffer;
  }
): Promise<void> {
  const { s3 } = deps.aws;
  const stretches = pieces.map(({ output, outputBytes }) => ({
    bucket,
    key: output,
    from: 0,
    to: outputBytes,
    isWhole: true,
  }));
  const needsJoints = joint.length > 0 && pieces.slice(0, -1).some(({ isEnded }) => !isEnded);
  if (!needsJoints) return copyStretches(s3, { bucket, key }, stretches);
  await writeObject(s3, { bucket, key }, async (writer) => {
    for (const [index, stretch] of stretches.entries()) {
      await writer.append(stretch);
      if (index < stretches.length - 1 && pieces[index]?.isEnded === false) await writer.write(joint);
    }
  });
}

function expectCovered(object: PartObject, ranges: readonly { readonly from: number; readonly to: number }[]): void {
  let at = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from !== at)
      throw new FailureError(
        'Internal',
        `Bytes ${Math.min(at, from)}–${Math.max(at, from)} of ${object.key} have no result, or two.`
      );
    at = to;
  }
  const bytes = contentBytes(object);
  if (at !== bytes) throw new FailureError('Internal', `Bytes ${at}–${bytes} of ${object.key} have no result.`);
}

function byObject<T extends { readonly object: number; readonly from: number }>(
  all: readonly T[]
): ReadonlyMap<number, readonly T[]> {
  const found = new Map<number, T[]>();
  for (const one of all) {
    const list = found.get(one.object);
    if (list === undefined) found.set(one.object, [one]);
    else list.push(one);
  }
  for (const list of found.values()) list.sort((a, b) => a.from - b.from);
  return found;
}
