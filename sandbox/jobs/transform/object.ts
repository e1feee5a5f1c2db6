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
  const results = new Results(of);
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
      written = answerInTurn(of, { batch, before, results }).finally(() => slots.release());
      written.catch(() => (hasFailed = true));
    }
  } catch (error) {
    await written.catch(() => undefined);
    throw error;
  }
  await written;
  await results.flush();
}

async function answerInTurn(
  of: ObjectTransform,
  { batch, before, results }: { readonly batch: Batch; readonly before: Promise<void>; readonly results: Results }
): Promise<void> {
  const answer = await of.send(batch.body);
  await before;
  const { processing } = of;
  const joined = processing && readsResults(processing) ? joinResults(processing, batch.records, answer) : [answer];
  for (const result of joined) results.add(result);
  if (results.isLarge) await results.flush();
}

/** A write to a file takes as long as a request, so that small results are written together. */
const WRITTEN_BYTES = 64 * 1024;
const LINE_FEED = Buffer.from('\n');

/** Results on their way to the output. */
class Results {
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(private readonly to: Pick<ObjectTransform, 'out' | 'lineEnds'>) {}

  get isLarge(): boolean {
    return this.#heldBytes >= WRITTEN_BYTES;
  }

  add(result: Buffer): void {
    const { lineEnds } = this.to;
    const isEnded = lineEnds === 'none' || (lineEnds === 'whereMissing' && result.at(-1) === LINE_FEED[0]);
    this.#held.push(result);
    if (!isEnded) this.#held.push(LINE_FEED);
    this.#heldBytes += result.length + (isEnded ? 0 : LINE_FEED.length);
  }

  async flush(): Promise<void> {
    const { out } = this.to;
    const bytes = Buffer.concat(this.#held);
    [this.#held, this.#heldBytes] = [[], 0];
    if (!out.write(bytes)) await once(out, 'drain');
  }
}
