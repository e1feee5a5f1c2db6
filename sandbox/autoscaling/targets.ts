import type {
  DescribeScalableTargetsCommandInput,
  RegisterScalableTargetCommandInput,
} from '@aws-sdk/client-application-auto-scaling';
import { validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import type { AutoScalingContext } from './context';
import { objectNotFound } from './errors';
import { limits } from './limits';
import { DIMENSION, NAMESPACE, parseTarget, serviceRole, targetArn } from './names';
import type { ScalingHandlers } from './operations';
import { pageOf } from './page';
import type { TargetRecord } from './records';
import { dropTarget } from './registered';
import type { Scaler } from './scaler';
import { assertTags } from './tags';

const PAGE_LIMIT = 50;

/** Registering a target that exists changes what is given and keeps the rest. */
export function targetHandlers(
  context: AutoScalingContext,
  scaler: Scaler
): ScalingHandlers<'RegisterScalableTarget' | 'DeregisterScalableTarget' | 'DescribeScalableTargets'> {
  const { targets } = context.tables;
  return {
    RegisterScalableTarget: async (input) => {
      const old = targets.get(input.ResourceId);
      const target = old ? changed(context, old, input) : fresh(context, input);
      targets.put(target);
      scaler.limitsChanged(target, old);
      return { ScalableTargetARN: target.arn };
    },

    DeregisterScalableTarget: async (input) => {
      parseTarget(input);
      const target = targets.get(input.ResourceId);
      if (!target) throw objectNotFound('No scalable target found', input.ResourceId);
      dropTarget(context, target);
      return {};
    },

    DescribeScalableTargets: async (input) => {
      const { page, NextToken } = pageOf(chosen(targets.all(), input), input, {
        keyOf: (target) => target.resourceId,
        limit: PAGE_LIMIT,
      });
      return {
        ScalableTargets: page.map((target) => ({
          ServiceNamespace: NAMESPACE,
          ResourceId: target.resourceId,
          ScalableDimension: DIMENSION,
          MinCapacity: target.minCapacity,
          MaxCapacity: target.maxCapacity,
          RoleARN: target.roleArn,
          CreationTime: new Date(target.createdMs),
          SuspendedState: {
            DynamicScalingInSuspended: false,
            DynamicScalingOutSuspended: false,
            ScheduledScalingSuspended: false,
            ...target.suspended,
          },
          ScalableTargetARN: target.arn,
        })),
        NextToken,
      };
    },
  };
}

type Register = Checked<RegisterScalableTargetCommandInput>;

function fresh(context: AutoScalingContext, input: Register): TargetRecord {
  const at = parseTarget(input);
  if (input.MinCapacity === undefined || input.MaxCapacity === undefined)
    throw validationException('MinCapacity and MaxCapacity must both be specified to register a new scalable target.');
  const variant = context.variants.find(at);
  if (!variant || variant.endpoint === 'gone')
    throw validationException(`SageMaker endpoint variant does not exist: ${input.ResourceId}`);
  const target: TargetRecord = {
    resourceId: input.ResourceId,
    ...at,
    arn: targetArn(context),
    createdMs: context.clock.now(),
    endpointCreatedMs: variant.endpointCreatedMs,
    ...limits(input.MinCapacity, input.MaxCapacity),
    roleArn: serviceRole(context),
    suspended: input.SuspendedState ?? {},
    tags: {},
  };
  if (input.Tags) assertTags(target.arn, input.Tags);
  return { ...target, tags: input.Tags ?? {} };
}

function changed(context: AutoScalingContext, old: TargetRecord, input: Register): TargetRecord {
  if (!context.variants.find(old))
    throw validationException(`SageMaker endpoint variant does not exist: ${input.ResourceId}`);
  if (input.Tags)
    throw validationException('Tags can be given when a scalable target is first registered; use TagResource.');
  return {
    ...old,
    ...limits(input.MinCapacity ?? old.minCapacity, input.MaxCapacity ?? old.maxCapacity),
    suspended: { ...old.suspended, ...input.SuspendedState },
  };
}

function chosen(
  all: readonly TargetRecord[],
  input: Checked<DescribeScalableTargetsCommandInput>
): readonly TargetRecord[] {
  if (input.ResourceIds?.length && input.ScalableDimension === undefined)
    throw validationException('ScalableDimension must be specified when ResourceIds are.');
  if (input.ServiceNamespace !== NAMESPACE || (input.ScalableDimension ?? DIMENSION) !== DIMENSION) return [];
  return all.filter(({ resourceId }) => !input.ResourceIds?.length || input.ResourceIds.includes(resourceId));
}
