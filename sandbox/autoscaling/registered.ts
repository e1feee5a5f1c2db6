import type { AutoScalingContext } from './context';
import { objectNotFound } from './errors';
import type { TargetName } from './names';
import { parseTarget } from './names';
import type { PolicyRecord, TargetRecord } from './records';
import { alarmNames } from './tracking-alarms';

/** Throws ObjectNotFoundException when nothing is registered under the name. */
export function findTarget(context: AutoScalingContext, name: TargetName): TargetRecord {
  parseTarget(name);
  const target = context.tables.targets.get(name.ResourceId);
  if (!target) throw objectNotFound('No scalable target registered', name.ResourceId);
  return target;
}

/** Removes a target with its policies, their alarms and its scheduled actions. What it did stays listed. */
export function dropTarget(context: AutoScalingContext, target: TargetRecord): void {
  const { policies, actions, targets } = context.tables;
  for (const policy of policies.all()) if (policy.resourceId === target.resourceId) dropPolicy(context, policy);
  for (const action of actions.all()) if (action.resourceId === target.resourceId) actions.remove(action);
  targets.remove(target);
}

/** Removes a policy and the alarms that it owns. */
export function dropPolicy(context: AutoScalingContext, policy: PolicyRecord): void {
  if (policy.type === 'TargetTrackingScaling') context.alarms.delete(alarmNames(policy));
  context.tables.policies.remove(policy);
}
