import { DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import { callFormat } from '../../monitors/attribution/caller';
import type { Json, ModelCaller } from '../../monitors/types';
import { describeEndpoint } from '../../sagemaker/endpoint';
import { FailureError } from '../../sagemaker/faults';
import { ephemeralName, TAGS } from '../../sagemaker/names';
import type { ActivityDeps } from '../deps';
import { endpointCaller } from './endpoint-caller';
import { openEphemeral, removeEphemeral } from './ephemeral-model';
import type { EphemeralModel } from './ephemeral-model';

const POLL_MS = 1_000;

type Deps = Pick<ActivityDeps, 'aws' | 'heartbeat' | 'sleep'>;

/** A copy that is lent. */
export interface CopiedModel {
  /** Name of its endpoint. */
  readonly endpoint: string;
  /** Starts it and waits until it answers; asking does so by itself. */
  open(): Promise<void>;
  readonly model: ModelCaller;
}

/**
 * Lends a copy of the model behind one variant, on an endpoint of its own, while `use` runs; it is started when it is first asked, and taken away
 * afterwards, whatever came of it. A killed attempt leaves it to the next one, which finds it by its name. How rows are put is Clarify's `predictor`.
 */
export async function withCopiedModel<T>(
  deps: Deps,
  of: {
    readonly endpoint: string;
    readonly variant: string;
    /** Whose copy it is: two that ask at once have two. */
    readonly owner: string;
    readonly options: Readonly<Record<string, Json>>;
  },
  use: (copied: CopiedModel) => Promise<T>
): Promise<T> {
  const copy = await copyOfVariant(deps, of);
  const { bodyOf, numbersIn, contentType } = callFormat(of.options['predictor']);
  const format = {
    contentType,
    bodyOf: (rows: readonly (readonly string[])[]) => bodyOf(rows),
    valuesOf: (answer: string, rows: number) => numbersIn(answer, rows),
  };
  const caller = endpointCaller({
    ...{ runtime: deps.aws.runtime, endpoint: copy.name, format },
    heartbeat: (said) => deps.heartbeat({ doing: 'explain', said }),
  });
  let isUp = false;
  const open = async (): Promise<void> => {
    for (; !isUp;) {
      isUp = await openEphemeral(deps, copy);
      if (isUp) break;
      deps.heartbeat({ doing: 'start a copy of the model' });
      await deps.sleep(POLL_MS);
    }
  };
  const model: ModelCaller = {
    async predict(rows) {
      await open();
      return caller.predict(rows);
    },
  };
  try {
    return await use({ endpoint: copy.name, open, model });
  } finally {
    await removeEphemeral(deps, copy);
  }
}

/** The model behind a variant of an endpoint. Fails with `NotFound` where the variant is gone. */
export async function hostedModel(
  { aws }: Pick<ActivityDeps, 'aws'>,
  { endpoint, variant }: { readonly endpoint: string; readonly variant: string }
): Promise<Pick<EphemeralModel, 'modelName' | 'instanceType' | 'kms'>> {
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  const config =
    description === null
      ? undefined
      : await aws.sagemaker.send(
          new DescribeEndpointConfigCommand({ EndpointConfigName: description.EndpointConfigName })
        );
  const found = config?.ProductionVariants?.find(({ VariantName }) => VariantName === variant);
  if (found?.ModelName === undefined || found.InstanceType === undefined)
    throw new FailureError(
      'NotFound',
      `Endpoint ${endpoint} has no variant ${variant} on instances to make a copy of.`
    );
  return {
    modelName: found.ModelName,
    instanceType: found.InstanceType,
    ...(config?.KmsKeyId !== undefined && { kms: config.KmsKeyId }),
  };
}

async function copyOfVariant(
  deps: Deps,
  of: { readonly endpoint: string; readonly variant: string; readonly owner: string }
): Promise<EphemeralModel> {
  const { endpoint, variant, owner } = of;
  return {
    ...(await hostedModel(deps, of)),
    name: ephemeralName(endpoint, variant, owner),
    endpoint,
    tags: [{ Key: TAGS.endpoint, Value: endpoint }],
  };
}
