import type { Writable } from 'node:stream';
import { once } from 'node:events';
import type { Batch } from './batches';
import { batchesOf } from './batches';
import type { Processing } from './records';
import { joinResults, readsResults } from './records';
import type { BatchSettings } from './settings';
import type { Slots } from './slots';
import type { SplitType } from './split';
import { SPLITTERS } from './split';

/** How much larger than a payload a record may be that is filtered before it is sent. */
const UNFILTERED_FACTOR = 4;

/** How one object becomes its output. */
export interface ObjectTransform {
  readonly bytes: AsyncIterable<Buffer>;
  readonly splitType: SplitType;
  readonly settings: BatchSettings & { readonly maxPayloadBytes: number };
  readonly processing: Processing | undefined;
  /** Which results are ended with a line feed. */
  readonly lineEnds: 'none' | 'whereMissing' | 'always';
  readonly slots: Slots;
  /** Rejects with BadObject when the model gives no good answer. */
  send(body: Buffer): Promise<Buffer>;
  readonly out: Writable;
}

/**
 * Sends the records of an object through the model and writes the results in their order. Only what is under way is in memory: requests
 * and answers up to the number of slots. Rejects with the first failure, after everything under way has ended.
 */
export async function transformObject(of: ObjectTransform): Promise<void> {
  const { slots, processing, settings, splitType } = of;
  const limitBytes = settings.maxPayloadBytes;
  // A filter may make a record small enough that is not so in the object.
  const recordLimitBytes = processing?.inputFilter ? limitBytes * UNFILTERED_FACTOR : limitBytes;
  const records = SPLITTERS[splitType](of.bytes, recordLimitBytes);
  const isMulti = settings.strategy === 'MultiRecord' && splitType !== 'None';
  let written = Promise.resolve();
  let hasFailed = false;
  try {
    for await (const batch of batchesOf(records, { processing, isMulti, limitBytes })) {
      await slots.take();
      if (hasFailed) {
        slots.release();
        break;
      }
      const before = written;
      written = answerInTurn(of, batch, before).finally(() => slots.release());
      written.catch(() => (hasFailed = true));
    }
  } catch (error) {
    await written.catch(() => undefined);
    throw error;
  }
  await written;
}

async function answerInTurn(of: ObjectTransform, batch: Batch, before: Promise<void>): Promise<void> {
  const answer = await of.send(batch.body);
  await before;
  const { processing } = of;
  const results = processing && readsResults(processing) ? joinResults(processing, batch.records, answer) : [answer];
  for (const result of results) await write(of, result);
}

async function write({ out, lineEnds }: ObjectTransform, result: Buffer): Promise<void> {
  const isEnded = lineEnds === 'none' || (lineEnds === 'whereMissing' && result.at(-1) === 10);
  const isFull = !out.write(isEnded ? result : Buffer.concat([result, Buffer.from('\n')]));
  if (isFull) await once(out, 'drain');
}
