import {
  CreateInferenceExperimentCommand,
  DeleteInferenceExperimentCommand,
  DescribeInferenceExperimentCommand,
  StopInferenceExperimentCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateInferenceExperimentCommandInput,
  DescribeInferenceExperimentCommandOutput,
  ModelVariantConfig,
  RealTimeInferenceConfig,
} from '@aws-sdk/client-sagemaker';
import { unlessGone } from '../sagemaker/ensure';
import { FailureError, isAlreadyThere, isNotFound } from '../sagemaker/faults';
import type { RolloutSpec, ShadowStage } from '../spec/types';
import type { ActivityDeps } from './deps';
import { modelName, tagsFor } from './endpoint-config';
import type { NamedContext } from './types';

const POLL_MS = 1_000;
/** The rollout ends an experiment itself; should nobody be there to do it, SageMaker does this much after the stage's own end. */
const MARGIN_MS = 24 * 60 * 60 * 1000;
/** SageMaker's longest. */
const LONGEST_MS = 30 * 24 * 60 * 60 * 1000;

/** The shadow stage that SageMaker runs as an inference experiment; null when there is none. */
export function experimentOf({ stages }: RolloutSpec): ShadowStage | null {
  const stage = stages.find((one) => one.kind === 'shadow' && one.engine === 'experiment');
  return stage?.kind === 'shadow' ? stage : null;
}

/** Starts the experiment, which gives the endpoint a configuration of its own; one of this rollout that is there already is left alone. */
export async function startExperiment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  try {
    await deps.aws.sagemaker.send(new CreateInferenceExperimentCommand(experimentInput(deps, context)));
  } catch (error) {
    if (!isAlreadyThere(error) || (await describe(deps, context)) === null) throw error;
  }
}

/** Waits until the shadow gets its copies. Fails with `EndpointFailed` when SageMaker has ended the experiment meanwhile. */
export async function awaitExperiment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  for (;;) {
    const experiment = await describe(deps, context);
    if (experiment?.Status === 'Running') return;
    const over = overText(context, experiment);
    if (over !== null) throw new FailureError('EndpointFailed', over);
    deps.heartbeat(experiment?.Status);
    await deps.sleep(POLL_MS);
  }
}

/** The endpoint config that the running experiment has made; fails with `SilentRollback` when it does not run any more. */
export async function experimentConfig(deps: ActivityDeps, context: NamedContext): Promise<string> {
  const experiment = await describe(deps, context);
  if (experiment?.Status !== 'Running')
    throw new FailureError(
      'SilentRollback',
      overText(context, experiment) ?? `The experiment on ${context.spec.endpoint} does not run.`
    );
  return experiment.EndpointMetadata?.EndpointConfigName ?? '';
}

/** Ends the experiment of this rollout, if there is one, and waits until the endpoint has its old configuration again. */
export async function endExperiment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  if (experimentOf(context.spec) === null) return;
  const { spec, incumbent, names } = context;
  for (;;) {
    const experiment = await describe(deps, context);
    if (experiment === null || isOver(experiment)) return;
    if (experiment.Status === 'Running' || experiment.Status === 'Created') {
      await unlessGone(() =>
        deps.aws.sagemaker.send(
          new StopInferenceExperimentCommand({
            Name: names.shadowed,
            ModelVariantActions: { [incumbent?.variant ?? '']: 'Retain', [spec.candidates[0].name]: 'Remove' },
            DesiredState: 'Completed',
            Reason: 'The rollout goes on, or back.',
          })
        )
      );
    }
    deps.heartbeat(experiment.Status);
    await deps.sleep(POLL_MS);
  }
}

/** Deletes the experiment; its record is of no use once the rollout keeps its own. */
export async function deleteExperiment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  if (experimentOf(context.spec) === null) return;
  const command = new DeleteInferenceExperimentCommand({ Name: context.names.shadowed });
  await unlessGone(() => deps.aws.sagemaker.send(command));
}

function experimentInput(deps: ActivityDeps, context: NamedContext): CreateInferenceExperimentCommandInput {
  const { spec, names, incumbent } = context;
  const stage = experimentOf(spec);
  if (incumbent === null || stage === null) throw new FailureError('Internal', 'There is no experiment to start.');
  const [candidate] = spec.candidates;
  const { capture, aws } = spec;
  const csv = capture.contentTypes.filter((type) => /csv/i.test(type));
  const json = capture.contentTypes.filter((type) => /json/i.test(type));
  const lastsMs = Math.min(LONGEST_MS, stage.until.atMostMs + MARGIN_MS);
  return {
    Name: names.shadowed,
    Type: 'ShadowMode',
    RoleArn: aws.role,
    EndpointName: spec.endpoint,
    Schedule: { EndTime: new Date(deps.now() + lastsMs) },
    ModelVariants: [
      variant({
        name: incumbent.variant,
        model: incumbent.modelName,
        type: incumbent.instanceType,
        count: incumbent.instanceCount,
      }),
      variant({ name: candidate.name, model: modelName(names, candidate), ...candidate.instance }),
    ],
    ShadowModeConfig: {
      SourceModelVariantName: incumbent.variant,
      ShadowModelVariants: [{ ShadowModelVariantName: candidate.name, SamplingPercentage: stage.samplePct }],
    },
    DataStorageConfig: {
      Destination: capture.to,
      ContentType: {
        ...(csv.length > 0 && { CsvContentTypes: csv }),
        ...(json.length > 0 && { JsonContentTypes: json }),
      },
      ...(aws.kms !== undefined && { KmsKey: aws.kms }),
    },
    Tags: tagsFor(context),
  };
}

function variant(v: {
  readonly name: string;
  readonly model: string;
  readonly type: string;
  readonly count: number;
}): ModelVariantConfig {
  return {
    VariantName: v.name,
    ModelName: v.model,
    InfrastructureConfig: {
      InfrastructureType: 'RealTimeInference',
      RealTimeInferenceConfig: {
        InstanceType: v.type as RealTimeInferenceConfig['InstanceType'],
        InstanceCount: v.count,
      },
    },
  };
}

async function describe(
  { aws }: ActivityDeps,
  { names }: NamedContext
): Promise<DescribeInferenceExperimentCommandOutput | null> {
  try {
    return await aws.sagemaker.send(new DescribeInferenceExperimentCommand({ Name: names.shadowed }));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function isOver({ Status }: DescribeInferenceExperimentCommandOutput): boolean {
  return Status === 'Completed' || Status === 'Cancelled';
}

function overText({ spec }: NamedContext, experiment: DescribeInferenceExperimentCommandOutput | null): string | null {
  if (experiment === null) return `The experiment on ${spec.endpoint} is gone.`;
  if (!isOver(experiment)) return null;
  return `The experiment on ${spec.endpoint} is ${experiment.Status}: ${experiment.StatusReason ?? 'no reason given'}.`;
}
