import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker';
import { notImplemented, validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { arnOf } from './arn';
import { modelDataOf } from './blueprint-of';
import type { SageMakerContext } from './context';
import { listPage } from './listing';
import type { Handlers } from './operations';
import type { ModelRecord } from './records';
import { withPackages } from './registry/package-containers';
import { tagResource } from './tags';
import { alreadyExists, notFound } from './texts';

/** Models are immutable; deleting one does not touch the endpoints that run it. */
export function modelHandlers(
  context: SageMakerContext
): Handlers<'CreateModel' | 'DescribeModel' | 'ListModels' | 'DeleteModel'> {
  const { models } = context.tables;
  return {
    CreateModel: async (input) => {
      assertOneForm(input);
      const resolved = withPackages(context, input);
      for (const container of containersOf(context, resolved)) await assertDataExists(context, container);
      const arn = arnOf(context, 'model', input.ModelName);
      if (models.get(input.ModelName)) throw alreadyExists('model', arn);
      tagResource(context, arn, input.Tags);
      models.put(input.ModelName, {
        name: input.ModelName,
        arn,
        createdMs: context.clock.now(),
        input,
        ...(resolved === input ? {} : { resolved }),
      });
      context.visibility.created('Model', input.ModelName);
      return { ModelArn: arn };
    },

    DescribeModel: async (input) => {
      const { input: asked, resolved, ...model } = findModel(context, input.ModelName);
      const made = context.knobs.packagedContainer === 'resolved' ? (resolved ?? asked) : asked;
      const { Tags: _tags, ...described } = made;
      return { ...described, ModelName: model.name, ModelArn: model.arn, CreationTime: new Date(model.createdMs) };
    },

    ListModels: async (input) => {
      const { page, nextToken } = listPage(
        models.all().filter(({ name }) => !context.visibility.isHidden('Model', name)),
        input
      );
      return {
        Models: page.map((model) => ({
          ModelName: model.name,
          ModelArn: model.arn,
          CreationTime: new Date(model.createdMs),
        })),
        NextToken: nextToken,
      };
    },

    DeleteModel: async (input) => {
      const model = findModel(context, input.ModelName);
      models.remove(model.name);
      context.tables.tags.remove(model.arn);
      return {};
    },
  };
}

/** Throws SageMaker's not-found text. */
export function findModel(context: SageMakerContext, name: string): ModelRecord {
  const model = context.tables.models.get(name);
  if (!model || context.visibility.isHidden('Model', name)) throw notFound('model', arnOf(context, 'model', name));
  return model;
}

function assertOneForm(input: Checked<CreateModelCommandInput>): void {
  if ((input.PrimaryContainer === undefined) === ((input.Containers ?? []).length === 0))
    throw validationException('Exactly one of PrimaryContainer and Containers must be specified.');
}

function containersOf(
  context: SageMakerContext,
  input: Checked<CreateModelCommandInput>
): readonly Checked<ContainerDefinition>[] {
  const several = input.Containers ?? [];
  const containers = input.PrimaryContainer ? [input.PrimaryContainer] : several;
  const named = containers.filter((container) => container.ContainerHostname !== undefined).length;
  if (several.length > 1 && named !== 0 && named !== several.length) {
    throw validationException(
      'ContainerHostname must be specified for all containers of an inference pipeline or for none.'
    );
  }
  const isDirect = input.InferenceExecutionConfig?.Mode === 'Direct';
  if (isDirect && named < containers.length)
    throw validationException(
      'ContainerHostname must be specified for all containers of a model whose InferenceExecutionConfig Mode is Direct.'
    );
  if (context.knobs.multiModelCombinations === 'refused') assertOneMultiModel(containers, isDirect);
  if (new Set(containers.map((container) => container.ContainerHostname)).size < named) {
    throw validationException('ContainerHostname must be unique among the containers of a model.');
  }
  return containers;
}

function assertOneMultiModel(containers: readonly Checked<ContainerDefinition>[], isDirect: boolean): void {
  const multiModel = containers.filter((container) => container.Mode === 'MultiModel');
  if (multiModel.length > 0 && isDirect)
    throw validationException(
      'Containers with Mode MultiModel are not supported with InferenceExecutionConfig Mode Direct.'
    );
  if (multiModel.length > 1)
    throw validationException('At most one container of a model can have the Mode MultiModel.');
}

async function assertDataExists(context: SageMakerContext, container: Checked<ContainerDefinition>): Promise<void> {
  if (container.AdditionalModelDataSources !== undefined) throw notImplemented('AdditionalModelDataSources');
  if (container.Image === undefined)
    throw validationException('A container must specify an Image or a ModelPackageName.');
  if (container.ModelDataUrl !== undefined && container.ModelDataSource !== undefined) {
    throw validationException('Only one of ModelDataUrl and ModelDataSource can be specified for a container.');
  }
  const data = modelDataOf(container);
  if (container.Mode === 'MultiModel' && !data)
    throw validationException('ModelDataUrl must be specified for a container with Mode MultiModel.');
  if (container.MultiModelConfig && container.Mode !== 'MultiModel')
    throw validationException('MultiModelConfig can be specified only for a container with Mode MultiModel.');
  if (data?.kind === 'archive' && !(await context.objects.get(data)))
    throw validationException(`Could not find model data at ${data.url}.`);
}
