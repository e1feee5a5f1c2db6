import type { Writable } from 'node:stream';
import { Batcher } from './batches';
import type { Processing } from './records';
import { Results } from './results';
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
 * and answers up to the number of slots. Rejects with the first failure in the order of the records, after everything under way has ended.
 */
export async function transformObject(of: ObjectTransform): Promise<void> {
  const { slots, processing, settings, splitType } = of;
  const limitBytes = settings.maxPayloadBytes;
  // A filter may make a record small enough that is not so in the object.
  const recordLimitBytes = processing?.inputFilter ? limitBytes * UNFILTERED_FACTOR : limitBytes;
  const isMulti = settings.strategy === 'MultiRecord' && splitType !== 'None';
  const batcher = new Batcher({ processing, isMulti, limitBytes });
  const results = new Results(of);
  try {
    for await (const records of SPLITTERS[splitType](of.bytes, recordLimitBytes))
      for (const record of records) {
        const batch = batcher.add(record);
        if (batch === undefined) continue;
        const turn = slots.take();
        if (turn) await turn;
        results.expect(batch, () => of.send(batch.body));
        if (results.hasFailed) return await results.end();
      }
    const last = batcher.rest();
    if (last !== undefined) {
      await slots.take();
      results.expect(last, () => of.send(last.body));
    }
  } catch (error) {
    await results.end();
    throw error;
  }
  await results.end();
}
