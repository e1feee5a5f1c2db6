import { DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import type {
  CapacitySize,
  DeploymentConfig,
  DescribeEndpointCommandOutput,
  TrafficRoutingConfig,
} from '@aws-sdk/client-sagemaker';
import type { DeploymentReading, LookResult } from '../rollout';
import { alarmStates } from '../sagemaker/alarms';
import { describeEndpoint, requestConfig } from '../sagemaker/endpoint';
import { ensureEndpointConfig, ensureModel } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { TAGS } from '../sagemaker/names';
import type { BlueGreenByGuardrails } from '../spec/types';
import { withdrawAssignment } from './assignment';
import { awaitEndpoint } from './await-endpoint';
import type { ActivityDeps } from './deps';
import { guardedConfigInput, singleConfigName, tagsFor } from './endpoint-config';
import { ensureGuardrailAlarms, guardrailAlarmNames, ringAbort } from './guardrail-alarms';
import { expectWithinLimits } from './guardrail-limits';
import { expectApproved } from './hosting';
import { lookAtEvidence } from './judge';
import { modelInput } from './model-input';
import type { LookRequest, NamedContext } from './types';

const POLL_MS = 1_000;

/** Checks SageMaker's limits against the live fleet, then makes model, config and alarms, and asks for the deployment. */
export async function startGuardrails(
  deps: ActivityDeps,
  context: NamedContext & { readonly stage: number }
): Promise<void> {
  const { sagemaker } = deps.aws;
  const { spec, incumbent } = context;
  const stage = guardrailsAt(context, context.stage);
  const [candidate] = spec.candidates;
  const configName = singleConfigName(context.names, candidate.name);
  const description = await describeEndpoint(sagemaker, spec.endpoint);
  if (description === null || incumbent === null)
    throw new FailureError('OutsideChange', `Endpoint ${spec.endpoint} is gone.`);
  if (pendingConfig(description) === configName || description.EndpointConfigName === configName) return;
  const config = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: incumbent.configName }));
  expectWithinLimits(stage, { variant: incumbent.variant, description, config });
  await expectQuiet(deps, stage.alarms);
  // An approval may have been taken back since the plan was made.
  await expectApproved(deps.aws, spec);
  // Stages before may have left another set of variants; a deployment starts from the incumbent alone.
  await withdrawAssignment(deps, context);
  await requestConfig(sagemaker, spec.endpoint, incumbent.configName);
  await awaitEndpoint(deps, { endpoint: spec.endpoint, configName: incumbent.configName, sharesPct: null });
  const tags = tagsFor(context);
  await ensureModel(sagemaker, modelInput(context, candidate), tags);
  const version = { Key: TAGS.version, Value: candidate.name };
  await ensureEndpointConfig(sagemaker, guardedConfigInput(context, candidate), [...tags, version]);
  const own = await ensureGuardrailAlarms(deps, context);
  await requestConfig(sagemaker, spec.endpoint, {
    configName,
    deployment: deploymentConfig(stage, [...own, ...stage.alarms]),
  });
}

/** How far the deployment has come, and what the evidence says. Fails with `SilentRollback` when SageMaker has gone back, and names the alarm. */
export async function followGuardrails(
  deps: ActivityDeps,
  input: LookRequest & { readonly stage: number }
): Promise<{ readonly reading: DeploymentReading; readonly look: LookResult }> {
  const reading = await readDeployment(deps, input);
  return { reading, look: await lookAtEvidence(deps, input) };
}

async function readDeployment(
  deps: ActivityDeps,
  context: NamedContext & { readonly stage: number }
): Promise<DeploymentReading> {
  const { spec, names, incumbent } = context;
  const { endpoint } = spec;
  const wanted = singleConfigName(names, spec.candidates[0].name);
  const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${endpoint} is gone.`);
  const { EndpointStatus: status = 'Unknown', EndpointConfigName: configName } = description;
  switch (status) {
    case 'Failed':
    case 'OutOfService':
    case 'UpdateRollbackFailed':
      throw new FailureError('EndpointFailed', `Endpoint ${endpoint} is ${status}: ${reasonOf(description)}`);
    case 'InService':
      if (configName === wanted) return { isThrough: true, stage: null, stageSinceMs: null };
      if (configName === incumbent?.configName) throw await rolledBack(deps, context, description);
      throw new FailureError('OutsideChange', `Endpoint ${endpoint} is on config ${configName}: somebody changed it.`);
    default: {
      const [variant] = description.PendingDeploymentSummary?.ProductionVariants ?? [];
      const stage = variant?.VariantStatus?.at(-1);
      return {
        isThrough: false,
        stage: status === 'RollingBack' ? status : (stage?.Status ?? null),
        stageSinceMs: stage?.StartTime?.getTime() ?? null,
      };
    }
  }
}

async function rolledBack(
  deps: ActivityDeps,
  context: NamedContext & { readonly stage: number },
  description: DescribeEndpointCommandOutput
): Promise<FailureError> {
  const stage = guardrailsAt(context, context.stage);
  const names = [...Object.values(guardrailAlarmNames(context)), ...stage.alarms];
  const states = await alarmStates(deps.aws.cloudwatch, names);
  const ringing = names.filter((name) => states.get(name) === 'ALARM');
  const alarms = ringing.length === 0 ? 'no alarm rings any more' : `in alarm: ${ringing.join(', ')}`;
  const what = `SageMaker rolled ${context.spec.endpoint} back to config ${description.EndpointConfigName} by itself; ${alarms} (${reasonOf(description)}).`;
  return new FailureError('SilentRollback', what);
}

/** Ends a deployment under way by the alarm of our own, and waits until SageMaker has gone back, or was through before. */
export async function stopGuardrails(deps: ActivityDeps, context: NamedContext): Promise<void> {
  if (!hasGuardrails(context)) return;
  const { endpoint, candidates } = context.spec;
  const configName = singleConfigName(context.names, candidates[0].name);
  for (;;) {
    const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
    if (description === null || pendingConfig(description) !== configName) return;
    if (!(await ringAbort(deps, context))) return;
    deps.heartbeat('Rang the abort alarm');
    await deps.sleep(POLL_MS);
  }
}

export function hasGuardrails({ spec }: NamedContext): boolean {
  return spec.stages.some((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails');
}

function guardrailsAt({ spec }: NamedContext, index: number): BlueGreenByGuardrails {
  const stage = spec.stages[index];
  if (stage?.kind === 'blueGreen' && stage.engine === 'guardrails') return stage;
  throw new FailureError('Internal', `Stage ${index} is no deployment by guardrails.`);
}

/** An alarm that is not there, or rings already, would undo the deployment for a reason that is not the candidate's. */
async function expectQuiet({ aws }: ActivityDeps, names: readonly string[]): Promise<void> {
  const states = await alarmStates(aws.cloudwatch, names);
  const missing = names.filter((name) => !states.has(name));
  const ringing = names.filter((name) => states.get(name) === 'ALARM');
  const problems = [
    ...(missing.length === 0 ? [] : [`${missing.join(', ')}: no such alarm in CloudWatch`]),
    ...(ringing.length === 0 ? [] : [`${ringing.join(', ')}: in alarm already, so SageMaker would roll back at once`]),
  ];
  if (problems.length > 0)
    throw new FailureError('InvalidRequest', `Alarms of the stage: ${problems.join('; ')}. Mend or remove them.`);
}

function deploymentConfig(stage: BlueGreenByGuardrails, alarms: readonly string[]): DeploymentConfig {
  const { shift, terminationWaitMs, maximumMs } = stage;
  const WaitIntervalInSeconds = shift.waitMs / 1_000;
  const MaximumExecutionTimeoutInSeconds = maximumMs / 1_000;
  const AutoRollbackConfiguration = { Alarms: alarms.map((AlarmName) => ({ AlarmName })) };
  if (shift.kind === 'rolling')
    return {
      RollingUpdatePolicy: {
        MaximumBatchSize: percent(shift.batchPct),
        WaitIntervalInSeconds,
        MaximumExecutionTimeoutInSeconds,
      },
      AutoRollbackConfiguration,
    };
  const routing = (): TrafficRoutingConfig => {
    switch (shift.kind) {
      case 'allAtOnce':
        return { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds };
      case 'canary':
        return { Type: 'CANARY', WaitIntervalInSeconds, CanarySize: percent(shift.sizePct) };
      case 'linear':
        return { Type: 'LINEAR', WaitIntervalInSeconds, LinearStepSize: percent(shift.stepPct) };
    }
  };
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: routing(),
      TerminationWaitInSeconds: terminationWaitMs / 1_000,
      MaximumExecutionTimeoutInSeconds,
    },
    AutoRollbackConfiguration,
  };
}

function percent(Value: number): CapacitySize {
  return { Type: 'CAPACITY_PERCENT', Value };
}

function pendingConfig({ PendingDeploymentSummary }: DescribeEndpointCommandOutput): string | undefined {
  return PendingDeploymentSummary?.EndpointConfigName;
}

function reasonOf({ FailureReason }: DescribeEndpointCommandOutput): string {
  return FailureReason === undefined || FailureReason === '' ? 'no reason given' : FailureReason;
}
