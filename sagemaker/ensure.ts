import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListTagsCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateEndpointCommandInput,
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  SageMakerClient,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { FailureError, isAlreadyThere, isNotFound } from './faults';
import { contentHash, TAGS } from './names';

/**
 * Makes sure that a resource of exactly this content exists. SageMaker's creates have no idempotency token: the name is the token, and a
 * timed-out create may have happened. So: create, and when it is there already, adopt it if its content tag is ours, else `NameCollision`.
 */
export async function ensure(
  client: SageMakerClient,
  input: {
    readonly what: string;
    readonly content: unknown;
    readonly tags: readonly Tag[];
    readonly create: (tags: Tag[]) => Promise<unknown>;
    readonly readArn: () => Promise<string | undefined>;
  }
): Promise<void> {
  const content = contentHash(input.content);
  try {
    await input.create([...input.tags, { Key: TAGS.content, Value: content }]);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    if (await isTagged(client, await input.readArn(), { Key: TAGS.content, Value: content })) return;
    throw new FailureError('NameCollision', `${input.what} exists with other content, or was not made by Sluice.`, {
      cause: error,
    });
  }
}

export async function ensureModel(
  client: SageMakerClient,
  input: CreateModelCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  await ensure(client, {
    what: `Model ${input.ModelName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateModelCommand({ ...input, Tags })),
    readArn: async () => (await client.send(new DescribeModelCommand({ ModelName: input.ModelName }))).ModelArn,
  });
}

export async function ensureEndpointConfig(
  client: SageMakerClient,
  input: CreateEndpointConfigCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  const { EndpointConfigName } = input;
  await ensure(client, {
    what: `Endpoint config ${EndpointConfigName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateEndpointConfigCommand({ ...input, Tags })),
    readArn: async () =>
      (await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName }))).EndpointConfigArn,
  });
}

/** Which of these contents an existing config of their common name has; 0 when there is none. */
export async function configMadeOf(
  client: SageMakerClient,
  inputs: readonly CreateEndpointConfigCommandInput[]
): Promise<number> {
  try {
    const EndpointConfigName = inputs[0]?.EndpointConfigName;
    const { EndpointConfigArn } = await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
    const content = (await tagsOf(client, EndpointConfigArn)).find(({ Key }) => Key === TAGS.content)?.Value;
    return Math.max(
      0,
      inputs.findIndex((input) => contentHash(input) === content)
    );
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

export async function ensureEndpoint(
  client: SageMakerClient,
  input: CreateEndpointCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  const { EndpointName } = input;
  await ensure(client, {
    what: `Endpoint ${EndpointName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateEndpointCommand({ ...input, Tags })),
    readArn: async () => (await client.send(new DescribeEndpointCommand({ EndpointName }))).EndpointArn,
  });
}

/** Deletes an endpoint config that Sluice made for `endpoint`; one that is gone, or somebody else's, is left alone. */
export async function deleteOwnConfig(
  client: SageMakerClient,
  own: { readonly name: string; readonly endpoint: string }
): Promise<void> {
  await unlessGone(async () => {
    const config = await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName: own.name }));
    if (await isTagged(client, config.EndpointConfigArn, { Key: TAGS.endpoint, Value: own.endpoint }))
      await client.send(new DeleteEndpointConfigCommand({ EndpointConfigName: own.name }));
  });
}

/** Deletes a model that Sluice made for `endpoint`; one that is gone, or somebody else's, is left alone. */
export async function deleteOwnModel(
  client: SageMakerClient,
  own: { readonly name: string; readonly endpoint: string }
): Promise<void> {
  await unlessGone(async () => {
    const model = await client.send(new DescribeModelCommand({ ModelName: own.name }));
    if (await isTagged(client, model.ModelArn, { Key: TAGS.endpoint, Value: own.endpoint }))
      await client.send(new DeleteModelCommand({ ModelName: own.name }));
  });
}

/** Whether a resource carries exactly this tag. */
export async function isTagged(
  client: SageMakerClient,
  arn: string | undefined,
  tag: { readonly Key: string; readonly Value: string }
): Promise<boolean> {
  return (await tagsOf(client, arn)).some(({ Key, Value }) => Key === tag.Key && Value === tag.Value);
}

/** All tags of a resource, over all pages. */
export async function tagsOf(client: SageMakerClient, arn: string | undefined): Promise<readonly Tag[]> {
  const tags: Tag[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListTagsCommand({ ResourceArn: arn, ...(next !== undefined && { NextToken: next }) })
    );
    tags.push(...(page.Tags ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return tags;
}

/** Resolves also when the thing to delete was not there. */
export async function unlessGone(deletion: () => Promise<unknown>): Promise<void> {
  try {
    await deletion();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
