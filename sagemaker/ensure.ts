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
async function ensure(input: {
  readonly what: string;
  readonly content: unknown;
  readonly tags: readonly Tag[];
  readonly create: (tags: Tag[]) => Promise<unknown>;
  readonly readTags: () => Promise<readonly Tag[]>;
}): Promise<void> {
  const content = contentHash(input.content);
  try {
    await input.create([...input.tags, { Key: TAGS.content, Value: content }]);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    const tags = await input.readTags();
    if (tagValue(tags, TAGS.content) === content) return;
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
  await ensure({
    what: `Model ${input.ModelName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateModelCommand({ ...input, Tags })),
    readTags: async () =>
      tagsOf(client, (await client.send(new DescribeModelCommand({ ModelName: input.ModelName }))).ModelArn),
  });
}

export async function ensureEndpointConfig(
  client: SageMakerClient,
  input: CreateEndpointConfigCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  const { EndpointConfigName } = input;
  await ensure({
    what: `Endpoint config ${EndpointConfigName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateEndpointConfigCommand({ ...input, Tags })),
    readTags: async () =>
      tagsOf(client, (await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName }))).EndpointConfigArn),
  });
}

export async function ensureEndpoint(
  client: SageMakerClient,
  input: CreateEndpointCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  const { EndpointName } = input;
  await ensure({
    what: `Endpoint ${EndpointName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateEndpointCommand({ ...input, Tags })),
    readTags: async () =>
      tagsOf(client, (await client.send(new DescribeEndpointCommand({ EndpointName }))).EndpointArn),
  });
}

/** Deletes an endpoint config; one that is gone already is fine. */
export async function deleteEndpointConfig(client: SageMakerClient, name: string): Promise<void> {
  await unlessGone(client.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name })));
}

/** Deletes a model; one that is gone already is fine. */
export async function deleteModel(client: SageMakerClient, name: string): Promise<void> {
  await unlessGone(client.send(new DeleteModelCommand({ ModelName: name })));
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

export function tagValue(tags: readonly Tag[], key: string): string | undefined {
  return tags.find((tag) => tag.Key === key)?.Value;
}

/** Resolves also when the thing to delete was not there. */
export async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
