import type { BadRecord, BatchContext } from '../../batch';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { partName, placeOf, uriOf } from './addresses';
import { listBelow, putJson } from './documents';
import { documentPlace } from './pieces';
import type { PartObject } from './pieces';

/** A manifest names every object of a part, and a history every part, so neither may grow without end. */
const MOST_OBJECTS = 10_000;
const MOST_PARTS = 1_000;

interface Listing {
  readonly parts: readonly { readonly part: number; readonly objects: number; readonly bytes: number }[];
  readonly bad: readonly BadRecord[];
}

/**
 * Lists the input and groups its objects, in the order of their keys, into parts of about `parts.size`. Empty objects are named and left out,
 * because they have no record. Throws `NotFound` when there is nothing, `BadRecords` for an empty object where the file allows none.
 */
export async function listInput(deps: BatchDeps, context: BatchContext): Promise<Listing> {
  const { opened, batch } = context;
  const at = placeOf(opened.input);
  const cut = at.key.lastIndexOf('/') + 1;
  const parts: { part: number; objects: number; bytes: number }[] = [];
  const bad: BadRecord[] = [];
  let objects: PartObject[] = [];
  let bytes = 0;
  const close = async (): Promise<void> => {
    if (objects.length === 0) return;
    const part = parts.length + 1;
    if (part > MOST_PARTS)
      throw new FailureError(
        'InvalidRequest',
        `${opened.input} makes more than ${MOST_PARTS} parts of ${batch.parts.bytes} bytes. Write a larger \`parts.size\`.`
      );
    await putJson(deps.aws.s3, documentPlace(context, 'objects', partName(part)), objects);
    parts.push({ part, objects: objects.length, bytes });
    [objects, bytes] = [[], 0];
  };
  for await (const found of listBelow(deps.aws.s3, { bucket: at.bucket, prefix: at.key }, () => deps.heartbeat())) {
    // Keys that end with a slash stand for folders in consoles.
    if (found.key.endsWith('/')) continue;
    if (found.bytes === 0) {
      bad.push({ object: uriOf({ bucket: at.bucket, key: found.key }), line: null, why: 'the object is empty' });
      continue;
    }
    if (objects.length === MOST_OBJECTS || (objects.length > 0 && bytes + found.bytes > batch.parts.bytes))
      await close();
    objects.push({ key: found.key, path: found.key.slice(cut), bytes: found.bytes });
    bytes += found.bytes;
  }
  await close();
  if (parts.length === 0)
    throw new FailureError(
      'NotFound',
      bad.length === 0
        ? `There is no object below ${opened.input}. Was the data of this date written, and is the address right?`
        : bad.length === 1
          ? `The only object below ${opened.input} is empty: ${bad[0]?.object}.`
          : `All ${bad.length} objects below ${opened.input} are empty, ${bad[0]?.object} among them.`
    );
  if (bad.length > 0 && batch.onBadRecord === 'fail')
    throw new FailureError(
      'BadRecords',
      `${bad[0]?.object} is empty${bad.length > 1 ? `, and ${bad.length - 1} more are` : ''}.`
    );
  return { parts, bad };
}
