import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchError } from '../cloudwatch/errors';
import { notImplemented, validationException } from '../wire/errors';
import type { Answered } from '../wire/types';
import type { AutoScalingContext } from './context';
import { limitExceeded, objectNotFound } from './errors';
import { childArn, DIMENSION, NAMESPACE, parseTarget } from './names';
import type { ScalingHandlers } from './operations';
import { pageOf } from './page';
import { assertSteps, assertTracking } from './policy-rules';
import type { PolicyInput, PolicyRecord, TargetRecord } from './records';
import { dropPolicy, findTarget } from './registered';
import { nameKey } from './tables';
import { alarmNames, trackingAlarms } from './tracking-alarms';

const MAX_POLICIES = 50;
const PAGE_LIMIT = 10;

/** A target-tracking policy owns two alarms; a step policy is called by alarms of the user's own. */
export function policyHandlers(
  context: AutoScalingContext
): ScalingHandlers<'PutScalingPolicy' | 'DeleteScalingPolicy' | 'DescribeScalingPolicies'> {
  const { policies } = context.tables;
  return {
    PutScalingPolicy: async (input) => {
      const target = findTarget(context, input);
      const old = policies.get(nameKey(target.resourceId, input.PolicyName));
      if (!old && policies.all().filter((policy) => policy.resourceId === target.resourceId).length >= MAX_POLICIES)
        throw limitExceeded(`A scalable target can have at most ${MAX_POLICIES} scaling policies.`);
      const policy = policyOf(context, { target, input, old });
      if (policy.type === 'TargetTrackingScaling') putAlarms(context, { target, policy, old });
      policies.put(policy);
      return { PolicyARN: policy.arn, Alarms: alarmsOf(context, policy) };
    },

    DeleteScalingPolicy: async (input) => {
      parseTarget(input);
      const policy = policies.get(nameKey(input.ResourceId, input.PolicyName));
      if (!policy) throw objectNotFound('No scaling policy found', input.ResourceId);
      dropPolicy(context, policy);
      return {};
    },

    DescribeScalingPolicies: async (input) => {
      if (input.ResourceId !== undefined && input.ScalableDimension === undefined)
        throw validationException('ScalableDimension must be specified when ResourceId is.');
      const isOurs = input.ServiceNamespace === NAMESPACE && (input.ScalableDimension ?? DIMENSION) === DIMENSION;
      const chosen = policies
        .all()
        .filter(
          ({ resourceId, name }) =>
            isOurs &&
            (input.ResourceId ?? resourceId) === resourceId &&
            (!input.PolicyNames?.length || input.PolicyNames.includes(name))
        );
      const { page, NextToken } = pageOf(chosen, input, {
        keyOf: ({ resourceId, name }) => nameKey(resourceId, name),
        limit: PAGE_LIMIT,
      });
      return { ScalingPolicies: page.map((policy) => described(context, policy)), NextToken };
    },
  };
}

function policyOf(
  context: AutoScalingContext,
  put: { readonly target: TargetRecord; readonly input: PolicyInput; readonly old: PolicyRecord | undefined }
): PolicyRecord {
  const { target, input, old } = put;
  const type = input.PolicyType ?? old?.type ?? 'StepScaling';
  if (old && type !== old.type)
    throw validationException(`The type of the scaling policy ${old.name} cannot be changed from ${old.type}.`);
  const at = { resourceId: target.resourceId, name: input.PolicyName };
  const common = {
    ...at,
    arn: old?.arn ?? childArn(context, 'scalingPolicy', at),
    createdMs: old?.createdMs ?? context.clock.now(),
  };
  const { TargetTrackingScalingPolicyConfiguration: tracking, StepScalingPolicyConfiguration: step } = input;
  if (type === 'TargetTrackingScaling') {
    if (!tracking || step)
      throw validationException('A TargetTrackingScaling policy takes a TargetTrackingScalingPolicyConfiguration.');
    assertTracking(tracking);
    const known = old?.type === 'TargetTrackingScaling' ? old.alarms : undefined;
    return {
      ...common,
      type,
      tracking,
      alarms: trackingAlarms.names(target, tracking, { known, knobs: context.knobs }),
    };
  }
  if (type === 'StepScaling') {
    if (!step || tracking) throw validationException('A StepScaling policy takes a StepScalingPolicyConfiguration.');
    assertSteps(step);
    return { ...common, type, step };
  }
  throw notImplemented(`The policy type ${type}`);
}

function putAlarms(
  context: AutoScalingContext,
  put: {
    readonly target: TargetRecord;
    readonly policy: PolicyRecord & { readonly type: 'TargetTrackingScaling' };
    readonly old: PolicyRecord | undefined;
  }
): void {
  const { target, policy, old } = put;
  try {
    for (const alarm of trackingAlarms.definitions(target, policy)) context.alarms.put(alarm);
  } catch (error) {
    // Both alarms look at one metric, so the first is refused before anything has changed.
    if (error instanceof CloudWatchError) throw validationException(`The metric cannot be used: ${error.message}`);
    throw error;
  }
  const names = alarmNames(policy);
  if (old?.type === 'TargetTrackingScaling')
    context.alarms.delete(alarmNames(old).filter((name) => !names.includes(name)));
}

function alarmsOf(context: AutoScalingContext, policy: PolicyRecord) {
  const views =
    policy.type === 'TargetTrackingScaling'
      ? alarmNames(policy).flatMap((name) => context.alarms.find(name) ?? [])
      : context.alarms.calling(policy.arn);
  return views.map(({ name, arn }) => ({ AlarmName: name, AlarmARN: arn }));
}

function described(context: AutoScalingContext, policy: PolicyRecord): Answered<ScalingPolicy> {
  return {
    PolicyARN: policy.arn,
    PolicyName: policy.name,
    ServiceNamespace: NAMESPACE,
    ResourceId: policy.resourceId,
    ScalableDimension: DIMENSION,
    PolicyType: policy.type,
    ...(policy.type === 'StepScaling'
      ? { StepScalingPolicyConfiguration: policy.step }
      : { TargetTrackingScalingPolicyConfiguration: policy.tracking }),
    Alarms: alarmsOf(context, policy),
    CreationTime: new Date(policy.createdMs),
  };
}
