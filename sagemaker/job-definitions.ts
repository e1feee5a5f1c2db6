import {
  CreateDataQualityJobDefinitionCommand,
  DeleteDataQualityJobDefinitionCommand,
  DescribeDataQualityJobDefinitionCommand,
  ListDataQualityJobDefinitionsCommand,
  CreateModelQualityJobDefinitionCommand,
  DeleteModelQualityJobDefinitionCommand,
  DescribeModelQualityJobDefinitionCommand,
  ListModelQualityJobDefinitionsCommand,
  CreateModelBiasJobDefinitionCommand,
  DeleteModelBiasJobDefinitionCommand,
  DescribeModelBiasJobDefinitionCommand,
  ListModelBiasJobDefinitionsCommand,
  CreateModelExplainabilityJobDefinitionCommand,
  DeleteModelExplainabilityJobDefinitionCommand,
  DescribeModelExplainabilityJobDefinitionCommand,
  ListModelExplainabilityJobDefinitionsCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateDataQualityJobDefinitionCommandInput,
  CreateModelQualityJobDefinitionCommandInput,
  CreateModelBiasJobDefinitionCommandInput,
  CreateModelExplainabilityJobDefinitionCommandInput,
  ListDataQualityJobDefinitionsCommandOutput,
  MonitoringType,
  SageMakerClient,
  Tag,
} from '@aws-sdk/client-sagemaker';

export const MONITORING_TYPES = [
  'DataQuality',
  'ModelQuality',
  'ModelBias',
  'ModelExplainability',
] as const satisfies readonly MonitoringType[];

type Definition<Input> = Omit<Input, 'JobDefinitionName' | 'Tags'>;

/** What one of the four kinds of monitoring is to do. */
export type JobDefinition =
  | { readonly type: 'DataQuality'; readonly input: Definition<CreateDataQualityJobDefinitionCommandInput> }
  | { readonly type: 'ModelQuality'; readonly input: Definition<CreateModelQualityJobDefinitionCommandInput> }
  | { readonly type: 'ModelBias'; readonly input: Definition<CreateModelBiasJobDefinitionCommandInput> }
  | {
      readonly type: 'ModelExplainability';
      readonly input: Definition<CreateModelExplainabilityJobDefinitionCommandInput>;
    };

interface Named {
  readonly type: MonitoringType;
  readonly name: string;
}

export async function createJobDefinition(
  client: SageMakerClient,
  { type, input }: JobDefinition,
  as: { readonly JobDefinitionName: string; readonly Tags: Tag[] }
): Promise<unknown> {
  switch (type) {
    case 'DataQuality':
      return client.send(new CreateDataQualityJobDefinitionCommand({ ...input, ...as }));
    case 'ModelQuality':
      return client.send(new CreateModelQualityJobDefinitionCommand({ ...input, ...as }));
    case 'ModelBias':
      return client.send(new CreateModelBiasJobDefinitionCommand({ ...input, ...as }));
    case 'ModelExplainability':
      return client.send(new CreateModelExplainabilityJobDefinitionCommand({ ...input, ...as }));
  }
}

/** Its ARN. Rejects where there is none. */
export async function jobDefinitionArn(client: SageMakerClient, { type, name }: Named): Promise<string | undefined> {
  const input = { JobDefinitionName: name };
  switch (type) {
    case 'DataQuality':
      return (await client.send(new DescribeDataQualityJobDefinitionCommand(input))).JobDefinitionArn;
    case 'ModelQuality':
      return (await client.send(new DescribeModelQualityJobDefinitionCommand(input))).JobDefinitionArn;
    case 'ModelBias':
      return (await client.send(new DescribeModelBiasJobDefinitionCommand(input))).JobDefinitionArn;
    case 'ModelExplainability':
      return (await client.send(new DescribeModelExplainabilityJobDefinitionCommand(input))).JobDefinitionArn;
  }
}

export async function deleteJobDefinition(client: SageMakerClient, { type, name }: Named): Promise<unknown> {
  const input = { JobDefinitionName: name };
  switch (type) {
    case 'DataQuality':
      return client.send(new DeleteDataQualityJobDefinitionCommand(input));
    case 'ModelQuality':
      return client.send(new DeleteModelQualityJobDefinitionCommand(input));
    case 'ModelBias':
      return client.send(new DeleteModelBiasJobDefinitionCommand(input));
    case 'ModelExplainability':
      return client.send(new DeleteModelExplainabilityJobDefinitionCommand(input));
  }
}

/** One page of the definitions of a kind for an endpoint. */
export async function listJobDefinitions(
  client: SageMakerClient,
  of: { readonly type: MonitoringType; readonly endpoint: string; readonly next: string | undefined }
): Promise<ListDataQualityJobDefinitionsCommandOutput> {
  const input = { EndpointName: of.endpoint, MaxResults: 100, NextToken: of.next };
  switch (of.type) {
    case 'DataQuality':
      return client.send(new ListDataQualityJobDefinitionsCommand(input));
    case 'ModelQuality':
      return client.send(new ListModelQualityJobDefinitionsCommand(input));
    case 'ModelBias':
      return client.send(new ListModelBiasJobDefinitionsCommand(input));
    case 'ModelExplainability':
      return client.send(new ListModelExplainabilityJobDefinitionsCommand(input));
  }
}
