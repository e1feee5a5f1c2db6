import type { AwsClients } from '../sagemaker/clients';
import { FailureError } from '../sagemaker/faults';
import { readApprovedPackage, readModelShape } from '../sagemaker/model-package';
import type { LiveEndpoint } from '../rollout';
import type { RolloutSpec } from '../spec/types';

/** Every package that the file names is approved now. */
export async function expectApproved({ sagemaker }: AwsClients, { candidates }: RolloutSpec): Promise<void> {
  for (const { model } of candidates) if (model.kind === 'package') await readApprovedPackage(sagemaker, model.package);
}

/** What the file alone cannot say: the approval and the shape of packages, and whether what serves now can be rolled out against. */
export async function expectHostable(
  { sagemaker }: AwsClients,
  spec: RolloutSpec,
  live: LiveEndpoint | null
): Promise<void> {
  const shadow = spec.stages.findIndex((stage) => stage.kind === 'shadow' && stage.engine !== 'gateway');
  for (const { name, model } of spec.candidates) {
    if (model.kind !== 'package') continue;
    const { arn, containers } = await readApprovedPackage(sagemaker, model.package);
    if (shadow >= 0 && containers > 1)
      throw notShadowed(shadow, `${name} (${arn}) is an inference pipeline of ${containers} containers`);
  }
  if (live === null) return;
  for (const { name, modelName, instanceType } of live.variants) {
    if (modelName === '' || instanceType === '')
      throw new FailureError(
        'InvalidRequest',
        `Variant ${name} of ${spec.endpoint} is ${modelName === '' ? 'made of inference components' : 'serverless or on instance pools'}; Sluice rolls out on variants with one model and one instance type.`
      );
    if (shadow < 0) continue;
    const shape = await readModelShape(sagemaker, modelName);
    if (shape === 'container') continue;
    const what = shape === 'pipeline' ? 'an inference pipeline' : 'a multi-model endpoint';
    throw notShadowed(shadow, `${name}, which serves now, is ${what}`);
  }
}

function notShadowed(stage: number, what: string): FailureError {
  return new FailureError(
    'InvalidRequest',
    `stages[${stage}] cannot be: ${what}, and SageMaker shadows neither pipelines nor multi-model endpoints. Write \`engine: gateway\` with \`routing: { gateway: s3://… }\`.`
  );
}
