import type { CreateTransformJobCommandInput } from '@aws-sdk/client-sagemaker';
import type { ContainerBlueprint } from '../../fleet/blueprint';
import type { ModelRecord } from '../../sagemaker/records';
import { notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { parseJsonPath } from './json-path';
import { formatOf } from './records';
import { MAX_TOTAL_MB } from './settings';

type Input = Checked<CreateTransformJobCommandInput>;

/** Refuses what SageMaker refuses at the call, and by name what it would do and this sandbox does not. Where AWS's sentence is not known, its rule is put in ours. */
export function assertTransformable(input: Input, model: ModelRecord, containers: readonly ContainerBlueprint[]): void {
  const { S3DataType: type } = input.TransformInput.DataSource.S3DataSource;
  if (type === 'AugmentedManifestFile')
    throw validationException('S3DataType AugmentedManifestFile is not supported for transform jobs.');
  if (type !== 'S3Prefix' && type !== 'ManifestFile') throw notImplemented(`S3DataType ${type}`);
  if (containers.some(({ multiModel }) => multiModel))
    throw validationException(
      `The model ${model.name} has a multi-model container, which transform jobs do not support.`
    );
  if (model.input.InferenceExecutionConfig?.Mode === 'Direct')
    throw validationException(
      `The model ${model.name} has the InferenceExecutionConfig Mode Direct, which transform jobs do not support.`
    );
  const { MaxConcurrentTransforms: concurrent = 0, MaxPayloadInMB: payloadMb } = input;
  if ((payloadMb ?? 0) > MAX_TOTAL_MB)
    throw validationException(`MaxPayloadInMB must not be greater than ${MAX_TOTAL_MB}.`);
  if (Math.max(concurrent, 1) * (payloadMb ?? 0) > MAX_TOTAL_MB)
    throw validationException(
      `The product of MaxConcurrentTransforms and MaxPayloadInMB must not be greater than ${MAX_TOTAL_MB} MB, and is ${concurrent * (payloadMb ?? 0)} MB.`
    );
  if (payloadMb === 0 && containers.length > 1) throw notImplemented('MaxPayloadInMB 0 with an inference pipeline');
  assertProcessing(input);
}

function assertProcessing(input: Input): void {
  const { DataProcessing: processing, DataCaptureConfig: capture, TransformInput, TransformOutput } = input;
  for (const member of ['InputFilter', 'OutputFilter'] as const) {
    const path = processing?.[member];
    if (path !== undefined && !parseJsonPath(path))
      throw validationException(`${member} "${path}" is not a JSONPath expression that transform jobs support.`);
  }
  const filters = [processing?.InputFilter, processing?.OutputFilter].filter((path) => (path ?? '$') !== '$');
  const isJoined = processing?.JoinSource === 'Input';
  const hasId = capture?.GenerateInferenceId ?? false;
  if (filters.length === 0 && !isJoined && !hasId) return;
  const what = isJoined
    ? 'JoinSource Input'
    : filters.length > 0
      ? 'A filter of DataProcessing'
      : 'GenerateInferenceId';
  if (input.MaxPayloadInMB === 0) throw validationException(`${what} cannot be used with MaxPayloadInMB 0.`);
  const { ContentType: contentType, SplitType: split = 'None' } = TransformInput;
  const format = formatOf(contentType);
  if (!format)
    throw validationException(
      `${what} requires the ContentType text/csv, application/json or application/jsonlines, not ${contentType ?? 'none'}.`
    );
  if (split !== 'Line' && (format === 'csv' || split !== 'None'))
    throw validationException(`${what} requires the SplitType Line for the ContentType ${contentType}, not ${split}.`);
  if (filters.length === 1 && processing?.InputFilter === filters[0] && !isJoined && !hasId) return;
  const { Accept: accept, AssembleWith: assemble = 'None' } = TransformOutput;
  if (formatOf(accept) !== format)
    throw validationException(
      `${what} requires that Accept is the ContentType ${contentType}, not ${accept ?? 'none'}.`
    );
  if (assemble !== split)
    throw validationException(`${what} requires that AssembleWith is the SplitType ${split}, not ${assemble}.`);
}
