import type { ProductionVariant } from '@aws-sdk/client-sagemaker';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from '../attribution/batches';
import { callFormat } from '../attribution/caller';
import { isRecord } from '../bias/option-reader';
import type { Json, ModelCaller } from '../types';

const POLL_MS = 1_000;

/**
 * Asks an endpoint from within a Processing container, with the rights of the job's role. How rows are put is Clarify's `predictor`. The SDK is
 * loaded when it is needed: most monitors ask no model.
 */
export async function endpointModel(endpoint: string, predictor: Json | undefined): Promise<ModelCaller> {
  const { InvokeEndpointCommand, SageMakerRuntimeClient } = await import('@aws-sdk/client-sagemaker-runtime');
  const client = new SageMakerRuntimeClient({});
  const { bodyOf, numbersIn, contentType } = callFormat(predictor);
  return inBatches({
    async ask(rows) {
      const call = { EndpointName: endpoint, Body: bodyOf(rows), ContentType: contentType, Accept: contentType };
      const answer = await client.send(new InvokeEndpointCommand(call));
      return numbersIn(Buffer.from(answer.Body).toString('utf8'), rows.length);
    },
    refuse: () => new RangeError(`The endpoint ${endpoint} answers without a number where the predictor says.`),
  });
}

/**
 * Lends the model of Clarify's `predictor`: that of `endpoint_name`, or of `model_name` on an endpoint of its own, which is made when the model is
 * first asked, as Clarify makes it, and taken away afterwards, whatever came of it. Without a predictor there is nobody to ask.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
 */
export async function withPredictor<T>(
  predictor: Json | undefined,
  use: (model: ModelCaller | undefined) => Promise<T>
): Promise<T> {
  if (!isRecord(predictor)) return use(undefined);
  const { endpoint_name: endpoint, model_name: model, instance_type: instanceType } = predictor;
  if (typeof endpoint === 'string') return use(await endpointModel(endpoint, predictor));
  if (typeof model !== 'string') return use(undefined);
  if (typeof instanceType !== 'string') throw new RangeError('predictor.model_name needs predictor.instance_type.');
  const { initial_instance_count: count, endpoint_name_prefix: prefix } = predictor;
  const own = await ownEndpoint({
    name: `${typeof prefix === 'string' ? prefix : 'sagemaker-clarify-endpoint'}-${randomUUID().slice(0, 12)}`,
    ...{ model, instanceType, count: typeof count === 'number' ? count : 1 },
  });
  let opened: Promise<ModelCaller> | undefined;
  const caller: ModelCaller = {
    predict: async (rows) =>
      (await (opened ??= own.open().then(() => endpointModel(own.name, predictor)))).predict(rows),
  };
  try {
    return await use(caller);
  } finally {
    // Also while it still starts: SageMaker deletes an endpoint once it has.
    await opened?.catch(() => undefined);
    if (opened) await own.close();
  }
}

async function ownEndpoint(of: {
  readonly name: string;
  readonly model: string;
  readonly instanceType: string;
  readonly count: number;
}): Promise<{ readonly name: string; open(): Promise<void>; close(): Promise<void> }> {
  const api = await import('@aws-sdk/client-sagemaker');
  const client = new api.SageMakerClient({});
  const { name } = of;
  return {
    name,
    async open() {
      const variant: ProductionVariant = {
        VariantName: 'AllTraffic',
        ModelName: of.model,
        InstanceType: of.instanceType as NonNullable<ProductionVariant['InstanceType']>,
        InitialInstanceCount: of.count,
      };
      await client.send(
        new api.CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] })
      );
      await client.send(new api.CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
      for (;;) {
        const { EndpointStatus: status, FailureReason: why } = await client.send(
          new api.DescribeEndpointCommand({ EndpointName: name })
        );
        if (status === 'InService') return;
        if (status === 'Failed') throw new RangeError(`The endpoint of model ${of.model} failed to start: ${why}`);
        await sleep(POLL_MS);
      }
    },
    async close() {
      await client.send(new api.DeleteEndpointCommand({ EndpointName: name })).catch(() => undefined);
      await client.send(new api.DeleteEndpointConfigCommand({ EndpointConfigName: name })).catch(() => undefined);
    },
  };
}
