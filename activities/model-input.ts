import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker';
import type { Candidate, ContainerSpec, ModelSource } from '../spec/types';
import { modelName } from './endpoint-config';
import type { NamedContext } from './types';

/** A candidate's model, whatever it is made of. */
export function modelInput({ spec, names }: NamedContext, candidate: Candidate): CreateModelCommandInput {
  const { vpc, role } = spec.aws;
  return {
    ModelName: modelName(names, candidate),
    ExecutionRoleArn: role,
    ...modelContents(candidate.model),
    ...(vpc !== undefined && {
      VpcConfig: { Subnets: [...vpc.subnets], SecurityGroupIds: [...vpc.securityGroups] },
    }),
  };
}

/** What of CreateModel says what the model is made of. */
export function modelContents(
  model: ModelSource
): Pick<CreateModelCommandInput, 'PrimaryContainer' | 'Containers' | 'InferenceExecutionConfig'> {
  switch (model.kind) {
    case 'container':
      return { PrimaryContainer: definition(model.container) };
    case 'pipeline':
      return {
        Containers: model.containers.map((container) => definition(container)),
        InferenceExecutionConfig: { Mode: 'Serial' },
      };
    case 'multiModel': {
      const { image, artifacts, environment } = model.container;
      // SageMaker takes what follows this address for the name of a model, so it must end a folder.
      const ModelDataUrl = `${artifacts}/`;
      return { PrimaryContainer: { Image: image, ModelDataUrl, Environment: { ...environment }, Mode: 'MultiModel' } };
    }
    case 'package':
      // A list, because a package may be a pipeline.
      return { Containers: [{ ModelPackageName: model.package }] };
  }
}

function definition({ image, artifact, environment }: ContainerSpec): ContainerDefinition {
  return {
    Image: image,
    ...(artifact !== undefined && { ModelDataUrl: artifact }),
    Environment: { ...environment },
  };
}
