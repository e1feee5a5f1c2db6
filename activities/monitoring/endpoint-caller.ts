import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { probeAttribute } from '../../gateway/probe';
import { inBatches } from '../../monitors/attribution/batches';
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

/** Asks an endpoint that nobody else is served by. Rejects with `InvalidRequest` where an answer has no number. */
export function endpointCaller(p: {
  readonly runtime: SageMakerRuntimeClient;
  readonly endpoint: string;
  readonly format: RowFormat;
  readonly heartbeat?: (said: string) => void;
}): ModelCaller {
  return inBatches({
    async ask(rows) {
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
    },
    refuse: () => new FailureError('InvalidRequest', `The copy ${p.endpoint} answers without a number at \`value\`.`),
    ...(p.heartbeat && { progress: p.heartbeat }),
  });
}
