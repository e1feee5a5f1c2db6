import {
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type {
  ApplicationAutoScalingClient,
  ScalingPolicy,
  ScheduledAction,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { ScalingAction, VariantScaling } from '../spec/live';
import { isNotFound } from './faults';

/** A variant as Application Auto Scaling addresses it. */
export interface ScaledVariant {
  readonly endpoint: string;
  readonly variant: string;
}

const KIND = { ServiceNamespace: 'sagemaker', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' } as const;

function targetOf({ endpoint, variant }: ScaledVariant) {
  return { ...KIND, ResourceId: `endpoint/${endpoint}/variant/${variant}` };
}

/** How a variant is scaled, as plain data that can be put back; null when it is not. */
export async function readScaling(
  client: ApplicationAutoScalingClient,
  of: ScaledVariant
): Promise<VariantScaling | null> {
  const { ResourceId, ...kind } = targetOf(of);
  const targets = await client.send(new DescribeScalableTargetsCommand({ ...kind, ResourceIds: [ResourceId] }));
  const [target] = targets.ScalableTargets ?? [];
  if (target === undefined) return null;
  const [policies, actions] = await Promise.all([
    allPages((NextToken) => client.send(new DescribeScalingPoliciesCommand({ ...kind, ResourceId, NextToken }))),
    allPages((NextToken) => client.send(new DescribeScheduledActionsCommand({ ...kind, ResourceId, NextToken }))),
  ]);
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended, ScheduledScalingSuspended } =
    target.SuspendedState ?? {};
  return {
    min: target.MinCapacity ?? 0,
    max: target.MaxCapacity ?? 0,
    suspended: {
      in: DynamicScalingInSuspended ?? false,
      out: DynamicScalingOutSuspended ?? false,
      scheduled: ScheduledScalingSuspended ?? false,
    },
    policies: policies.flatMap(({ ScalingPolicies = [] }) => ScalingPolicies).map(policyOf),
    actions: actions.flatMap(({ ScheduledActions = [] }) => ScheduledActions).map(actionOf),
  };
}

/** Makes a variant be scaled like this; a repetition changes nothing. What else is attached to it stays. */
export async function putScaling(
  client: ApplicationAutoScalingClient,
  of: ScaledVariant,
  scaling: VariantScaling
): Promise<void> {
  const target = targetOf(of);
  const { min, max, suspended, policies, actions } = scaling;
  await client.send(
    new RegisterScalableTargetCommand({
      ...target,
      MinCapacity: min,
      MaxCapacity: max,
      SuspendedState: {
        DynamicScalingInSuspended: suspended.in,
        DynamicScalingOutSuspended: suspended.out,
        ScheduledScalingSuspended: suspended.scheduled,
      },
    })
  );
  for (const { name, type, settings } of policies)
    await client.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName: name,
        PolicyType: type,
        // Read from AWS in this form, or written by us in it.
        ...(type === 'StepScaling'
          ? { StepScalingPolicyConfiguration: settings }
          : {
              TargetTrackingScalingPolicyConfiguration: settings as unknown as TargetTrackingScalingPolicyConfiguration,
            }),
      })
    );
  for (const { name, schedule, timezone, startMs, endMs, ...bounds } of actions)
    await client.send(
      new PutScheduledActionCommand({
        ...target,
        ScheduledActionName: name,
        Schedule: schedule,
        ...(timezone !== undefined && { Timezone: timezone }),
        ...(startMs !== undefined && { StartTime: new Date(startMs) }),
        ...(endMs !== undefined && { EndTime: new Date(endMs) }),
        ScalableTargetAction: {
          ...(bounds.min !== undefined && { MinCapacity: bounds.min }),
          ...(bounds.max !== undefined && { MaxCapacity: bounds.max }),
        },
      })
    );
}

/** Ends the scaling of a variant, with its policies and scheduled actions. Before that SageMaker does not let the variant go. */
export async function removeScaling(client: ApplicationAutoScalingClient, of: ScaledVariant): Promise<void> {
  try {
    await client.send(new DeregisterScalableTargetCommand(targetOf(of)));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function policyOf(policy: ScalingPolicy): VariantScaling['policies'][number] {
  const isStep = policy.PolicyType === 'StepScaling';
  const settings = isStep ? policy.StepScalingPolicyConfiguration : policy.TargetTrackingScalingPolicyConfiguration;
  return {
    name: policy.PolicyName ?? '',
    type: isStep ? 'StepScaling' : 'TargetTrackingScaling',
    settings: { ...settings },
  };
}

function actionOf(action: ScheduledAction): ScalingAction {
  const { MinCapacity: min, MaxCapacity: max } = action.ScalableTargetAction ?? {};
  return {
    name: action.ScheduledActionName ?? '',
    schedule: action.Schedule ?? '',
    ...(action.Timezone !== undefined && { timezone: action.Timezone }),
    ...(action.StartTime !== undefined && { startMs: action.StartTime.getTime() }),
    ...(action.EndTime !== undefined && { endMs: action.EndTime.getTime() }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

async function allPages<P extends { readonly NextToken?: string | undefined }>(
  read: (next: string | undefined) => Promise<P>
): Promise<readonly P[]> {
  const pages: P[] = [];
  let next: string | undefined;
  do {
    const page = await read(next);
    pages.push(page);
    next = page.NextToken;
  } while (next !== undefined);
  return pages;
}
