import type { BadRecord } from '../../batch';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { partName, placeOf, runPlaces, uriOf } from './addresses';
import { putText } from './documents';
import { writeDocument } from './pieces';
import type { PartObject, Refused } from './pieces';
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
  of: { readonly objects: readonly PartObject[]; readonly refused: readonly Refused[]; readonly round: number }
): Promise<void> {
  const { s3 } = deps.aws;
  const { bucket, work } = runPlaces(context);
  const { bucket: inputBucket } = placeOf(context.opened.input);
  await writeDocument(s3, context, { kind: 'refused', round: of.round, value: of.refused });
  if (of.refused.length === 0) return;
  const lines: string[] = [];
  for (const { object, from, to, line, why } of of.refused) {
    const key = of.objects[object]?.key ?? '';
    let kept = '';
    for await (const chunk of bytesOf(s3, { bucket: inputBucket, key }, { from, to: Math.min(to, from + KEPT_BYTES) }))
      kept += chunk.toString('utf8');
    lines.push(
      JSON.stringify({
        object: uriOf({ bucket: inputBucket, key }),
        line,
        from,
        to,
        why,
        record: kept.replace(/\r?\n$/, ''),
      })
    );
    deps.heartbeat();
  }
  const key = `${work}quarantine/${partName(context.part)}-r${of.round}.jsonl`;
  await putText(s3, { bucket, key }, `${lines.join('\n')}\n`);
}
