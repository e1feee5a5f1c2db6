import type { Batch } from './batches';
import type { ObjectTransform } from './object';
import { joinResults, readsResults } from './records';

/** A write to a file takes as long as a request, so that small results are written together. */
const WRITTEN_BYTES = 64 * 1024;
/** So much may wait for a disk that is slow before answers do. */
const PENDING_BYTES = 1024 * 1024;
const LINE_FEED = Buffer.from('\n');

interface Expected {
  readonly batch: Batch;
  outcome: { readonly answer: Buffer } | { readonly failure: unknown } | undefined;
}

/** Results on their way to the output, in the order in which they were asked for. Each frees its slot when it is written. */
export class Results {
  readonly #expected: Expected[] = [];
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isFull = false;
  #failure: { readonly cause: unknown } | undefined;
  #hasFailed = false;
  #onEmpty: (() => void) | undefined;

  constructor(private readonly to: Pick<ObjectTransform, 'out' | 'lineEnds' | 'slots' | 'processing'>) {
    to.out.once('error', (cause) => {
      this.#fail(cause);
      this.#isFull = false;
      this.#writeInTurn();
    });
  }

  /** Some request has failed: nothing more should be asked. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Asks, unless something has failed; a slot must have been taken. */
  expect(batch: Batch, ask: () => Promise<Buffer>): void {
    if (this.#hasFailed) return this.to.slots.release();
    const expected: Expected = { batch, outcome: undefined };
    this.#expected.push(expected);
    ask().then(
      (answer) => {
        expected.outcome = { answer };
        this.#writeInTurn();
      },
      (failure: unknown) => {
        expected.outcome = { failure };
        this.#hasFailed = true;
        this.#writeInTurn();
      }
    );
  }

  /** Resolves when everything that was asked for is written; rejects with the first failure, after everything under way has ended. */
  async end(): Promise<void> {
    if (this.#expected.length > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#failure) throw this.#failure.cause;
    this.#flush();
  }

  #writeInTurn(): void {
    while (!this.#isFull) {
      const outcome = this.#expected[0]?.outcome;
      if (outcome === undefined) break;
      const { batch } = this.#expected.shift() as Expected;
      if ('failure' in outcome) this.#fail(outcome.failure);
      else if (!this.#failure) this.#add(batch, outcome.answer);
      if (this.#heldBytes >= WRITTEN_BYTES) this.#flush();
      this.to.slots.release();
    }
    if (this.#expected.length === 0) this.#onEmpty?.();
  }

  #add(batch: Batch, answer: Buffer): void {
    const { processing } = this.to;
    if (!processing || !readsResults(processing)) return this.#hold(answer);
    try {
      for (const result of joinResults(processing, batch.records, answer)) this.#hold(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  #hold(result: Buffer): void {
    const { lineEnds } = this.to;
    const isEnded = lineEnds === 'none' || (lineEnds === 'whereMissing' && result.at(-1) === LINE_FEED[0]);
    this.#held.push(result);
    if (!isEnded) this.#held.push(LINE_FEED);
    this.#heldBytes += result.length + (isEnded ? 0 : LINE_FEED.length);
  }

  #flush(): void {
    const { out } = this.to;
    const bytes = Buffer.concat(this.#held);
    [this.#held, this.#heldBytes] = [[], 0];
    if (out.write(bytes) || out.writableLength < PENDING_BYTES) return;
    this.#isFull = true;
    out.once('drain', () => {
      this.#isFull = false;
      this.#writeInTurn();
    });
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#hasFailed = true;
  }
}
