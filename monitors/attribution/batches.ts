import type { ModelCaller } from '../types';

/** How a model is asked for the explained numbers of some rows. */
export interface Asking {
  /** Null where the request cannot hold so many rows, or the answer has not a number for each of them. */
  ask(rows: readonly (readonly string[])[]): Promise<readonly (readonly number[])[] | null>;
  /** What is wrong with a model that answers a single row without a number. */
  refuse(): Error;
  readonly progress?: (said: string) => void;
}

const CONCURRENT = 8;
/** Rows a request, where the model takes several: well below SageMaker's 6 MB and 60 seconds. */
const ROWS = 100;

/**
 * Asks in batches, several at once. Whether a request may hold several rows is found out by asking for two: a model that answers with two numbers
 * is asked in batches from then on, any other row by row.
 */
export function inBatches({ ask, refuse, progress }: Asking): ModelCaller {
  let rowsEach: number | null = null;
  const tryTwo = async (row: readonly string[]): Promise<number> => {
    const two = await ask([row, row]).catch(() => null);
    return two?.length === 2 ? ROWS : 1;
  };
  return {
    async predict(rows) {
      const [first] = rows;
      if (first === undefined) return [];
      const size = (rowsEach ??= await tryTwo(first));
      const batches = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
        rows.slice(i * size, (i + 1) * size)
      );
      const said: (readonly number[])[] = [];
      for (let i = 0; i < batches.length; i += CONCURRENT) {
        for (const answer of await Promise.all(batches.slice(i, i + CONCURRENT).map(ask))) {
          if (answer === null) throw refuse();
          said.push(...answer);
        }
        progress?.(`${said.length} of ${rows.length} rows`);
      }
      return said;
    },
  };
}
