import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { probeAttribute } from '../../gateway/probe';
import type { ModelCaller } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';

/** How rows become a request and its answer numbers. */
export interface RowFormat {
  readonly contentType: string;
  /** The body that asks about all of these rows; null where a request holds one row. */
  bodyOf(rows: readonly (readonly string[])[]): string | null;
  /** The explained numbers of each row in the answer. */
  valuesOf(answer: string, rows: number): readonly (readonly number[])[] | null;
}

const CONCURRENT = 8;
/** Rows a request, where the model takes several: well below SageMaker's 6 MB and 60 seconds. */
const ROWS = 100;

/**
 * Asks an endpoint that nobody else is served by. Whether a request may hold several rows is found out by asking for two at once: a model that answers
 * with two numbers is asked in batches from then on, any other row by row. Rejects with `InvalidRequest` where an answer has no number.
 */
export function endpointCaller(p: {
  readonly runtime: SageMakerRuntimeClient;
  readonly endpoint: string;
  readonly format: RowFormat;
  readonly heartbeat?: (said: string) => void;
}): ModelCaller {
  let rowsEach: number | null = null;
  const ask = async (rows: readonly (readonly string[])[]): Promise<readonly (readonly number[])[] | null> => {
    const body = p.format.bodyOf(rows);
    if (body === null) return null;
    const answer = await p.runtime.send(
      new InvokeEndpointCommand({
        EndpointName: p.endpoint,
        Body: body,
        ContentType: p.format.contentType,
        CustomAttributes: probeAttribute,
      })
    );
    return p.format.valuesOf(Buffer.from(answer.Body).toString('utf8'), rows.length);
  };
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
        const answers = await Promise.all(batches.slice(i, i + CONCURRENT).map(ask));
        for (const answer of answers) {
          if (answer === null)
            throw new FailureError('InvalidRequest', `The copy ${p.endpoint} answers without a number at \`value\`.`);
          said.push(...answer);
        }
        p.heartbeat?.(`${said.length} of ${rows.length} rows`);
      }
      return said;
    },
  };
}
