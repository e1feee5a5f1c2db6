import { DeleteEndpointCommand } from '@aws-sdk/client-sagemaker';
import type { ProductionVariant, Tag } from '@aws-sdk/client-sagemaker';
import { describeEndpoint } from '../../sagemaker/endpoint';
import { deleteOwnConfig, ensureEndpoint, ensureEndpointConfig, isTagged, unlessGone } from '../../sagemaker/ensure';
import { FailureError } from '../../sagemaker/faults';
import { TAGS } from '../../sagemaker/names';
import type { ActivityDeps } from '../deps';

/**
 * A copy of a model that answers questions of ours and nobody else's, so that they are no traffic: an endpoint of one variant and one instance, without
 * capture. Its name says whose it is, so that whoever comes after a crash finds it, uses it, or takes it away.
 */
export interface EphemeralModel {
  /** Name of the endpoint and of its config. */
  readonly name: string;
  readonly modelName: string;
  readonly instanceType: string;
  /** The endpoint that it is a copy for; what it is tagged with. */
  readonly endpoint: string;
  readonly kms?: string;
  readonly tags: readonly Tag[];
}

const POLL_MS = 1_000;

/** Makes sure that the copy is there or on its way. True once it answers. Does not wait: SageMaker takes minutes. */
export async function openEphemeral({ aws }: Pick<ActivityDeps, 'aws'>, model: EphemeralModel): Promise<boolean> {
  const { name, modelName, instanceType, kms, tags } = model;
  const description = await describeEndpoint(aws.sagemaker, name);
  if (description !== null && !(await isOurs(aws, model, description)))
    throw new FailureError('NameCollision', `Endpoint ${name} was not made as a copy for ${model.endpoint}.`);
  switch (description?.EndpointStatus) {
    case 'InService':
      return true;
    case 'Failed':
      throw new FailureError(
        'EndpointFailed',
        `The copy ${name} of model ${modelName} failed to start: ${description.FailureReason ?? 'no reason given'}`
      );
    case undefined:
      break;
    default:
      return false;
  }
  await ensureEndpointConfig(
    aws.sagemaker,
    {
      EndpointConfigName: name,
      ...(kms !== undefined && { KmsKeyId: kms }),
      ProductionVariants: [
        {
          VariantName: 'copy',
          ModelName: modelName,
          InstanceType: instanceType as NonNullable<ProductionVariant['InstanceType']>,
          InitialInstanceCount: 1,
          InitialVariantWeight: 1,
        },
      ],
    },
    tags
  );
  await ensureEndpoint(aws.sagemaker, { EndpointName: name, EndpointConfigName: name }, tags);
  return false;
}

/** Asks for the copy to be taken away, and does not wait for it. While it still starts, that must wait for `removeEphemeral`. */
export async function closeEphemeral({ aws }: Pick<ActivityDeps, 'aws'>, model: EphemeralModel): Promise<void> {
  const { name, endpoint } = model;
  const description = await describeEndpoint(aws.sagemaker, name);
  const isOver = description === null || description.EndpointStatus === 'Deleting';
  if (!isOver && (await isOurs(aws, model, description)))
    await unlessGone(() => aws.sagemaker.send(new DeleteEndpointCommand({ EndpointName: name })));
  await deleteOwnConfig(aws.sagemaker, { name, endpoint });
}

/** Takes the copy away, whatever it is doing, and waits until it is gone. Nothing to do where there is none. */
export async function removeEphemeral(
  deps: Pick<ActivityDeps, 'aws' | 'heartbeat' | 'sleep'>,
  model: EphemeralModel
): Promise<void> {
  const { sagemaker } = deps.aws;
  for (;;) {
    const description = await describeEndpoint(sagemaker, model.name);
    if (description === null || !(await isOurs(deps.aws, model, description))) break;
    const status = description.EndpointStatus ?? '';
    if (!['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'].includes(status))
      await closeEphemeral(deps, model);
    deps.heartbeat(`Taking the copy ${model.name} away: ${status}`);
    await deps.sleep(POLL_MS);
  }
  await deleteOwnConfig(sagemaker, { name: model.name, endpoint: model.endpoint });
}

function isOurs(
  { sagemaker }: ActivityDeps['aws'],
  { endpoint }: EphemeralModel,
  { EndpointArn }: NonNullable<Awaited<ReturnType<typeof describeEndpoint>>>
): Promise<boolean> {
  return isTagged(sagemaker, EndpointArn, { Key: TAGS.endpoint, Value: endpoint });
}
