import type { CreateModelCommandInput } from '@aws-sdk/client-sagemaker';
import { DescribeModelCommand } from '@aws-sdk/client-sagemaker';
import type { BatchRequest, OpenedBatch, ResolvedModel } from '../../batch';
import { dataWindow, filled } from '../../batch';
import { deleteOwnModel, ensureModel } from '../../sagemaker/ensure';
import { FailureError, isNotFound } from '../../sagemaker/faults';
import { readApprovedPackage } from '../../sagemaker/model-package';
import { batchModelName } from '../../sagemaker/names';
import type { BatchModel, ModelSource } from '../../spec/types';
import type { BatchDeps } from './deps';
import { readIncumbent } from '../incumbent';
import { modelContents } from '../model-input';
import { batchTags } from './tags';

/** Everything that a run decides at its beginning: which data by its nominal time, where the results go, which models. */
export async function openBatch(
  deps: BatchDeps,
  input: BatchRequest & { readonly id: string; readonly run: string; readonly nominalMs: number }
): Promise<OpenedBatch> {
  const { batch, nominalMs, run } = input;
  const window = dataWindow(nominalMs, { timezone: batch.timezone, lagMs: batch.dataLagMs });
  const { challenger } = batch;
  const model = await resolve(deps, input, { model: batch.model, called: batch.name });
  try {
    return {
      nominalMs,
      run,
      input: filled(batch.input, window),
      output: filled(batch.output, window),
      model,
      challenger:
        challenger === undefined
          ? null
          : await resolve(deps, input, { model: challenger.model, called: challenger.name }),
    };
  } catch (error) {
    // A run that never opens has nobody who would clean up after it; should it be tried again, the model is made again.
    if (model.isOwn) await deleteOwnModel(deps.aws.sagemaker, { name: model.name, endpoint: input.endpoint });
    throw error;
  }
}

async function resolve(
  deps: BatchDeps,
  input: BatchRequest & { readonly id: string; readonly run: string },
  { model, called }: { readonly model: BatchModel; readonly called: string }
): Promise<ResolvedModel> {
  const { sagemaker } = deps.aws;
  switch (model.kind) {
    case 'incumbent': {
      const { modelName: name, version, from } = await readIncumbent(deps.aws, input.endpoint);
      return { name, version, from, isOwn: false };
    }
    case 'existing':
      try {
        await sagemaker.send(new DescribeModelCommand({ ModelName: model.name }));
      } catch (error) {
        if (isNotFound(error)) throw new FailureError('NotFound', `There is no SageMaker model ${model.name}.`);
        throw error;
      }
      return { name: model.name, version: model.name, from: 'file', isOwn: false };
    case 'source': {
      if (model.model.kind === 'package') await readApprovedPackage(sagemaker, model.model.package);
      const own = modelOf(input, model.model);
      await ensureModel(sagemaker, own, batchTags(input));
      return { name: own.ModelName ?? '', version: called, from: 'file', isOwn: true };
    }
  }
}

function modelOf(
  { endpoint, batch, aws, run }: BatchRequest & { readonly run: string },
  model: ModelSource
): CreateModelCommandInput {
  const { vpc, role } = aws;
  return {
    ModelName: batchModelName({ endpoint, batch: batch.name, run, content: model }),
    ExecutionRoleArn: role,
    ...modelContents(model),
    ...(vpc !== undefined && {
      VpcConfig: { Subnets: [...vpc.subnets], SecurityGroupIds: [...vpc.securityGroups] },
    }),
  };
}
