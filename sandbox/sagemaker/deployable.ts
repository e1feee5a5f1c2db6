import { notImplemented, validationException } from '../wire/errors';
import type { SageMakerContext } from './context';
import { productionOf } from './deployment';
import type { Deployment, PendingUpdate } from './records';
import { rolloutPlan } from './update';

/**
 * Refuses at the call what SageMaker refuses at the call: impossible steps, alarms that do not exist, and what deployment guardrails
 * exclude: rolling with several variants, and shifting traffic step by step to variants of other names than the live ones.
 */
export function assertDeployable(context: SageMakerContext, update: PendingUpdate, live?: Deployment): void {
  const plan = rolloutPlan(update);
  const names = namesOf(update);
  if (plan.kind === 'rolling' && names.length > 1)
    throw validationException('RollingUpdatePolicy is not supported for endpoints with multiple production variants.');
  const isStepwise = plan.kind === 'rolling' || plan.steps.length > 1;
  if (context.knobs.renamedVariants === 'refused' && isStepwise && live && namesOf(live).join() !== names.join())
    throw validationException(
      `The production variants of the new endpoint configuration [${names.join(', ')}] must have the names of the current ones [${namesOf(live).join(', ')}] to shift traffic between them.`
    );
  if (plan.alarms.length === 0) return;
  if (!context.alarmState) throw notImplemented('AutoRollbackConfiguration without CloudWatch');
  const missing = plan.alarms.filter((name) => context.alarmState?.(name) === undefined);
  if (missing.length > 0 && context.knobs.missingAlarm === 'refused')
    throw validationException(
      `Could not find the CloudWatch alarms [${missing.join(', ')}] of AutoRollbackConfiguration.`
    );
  const ringing = plan.alarms.filter((name) => context.alarmState?.(name) === 'ALARM');
  if (ringing.length > 0 && context.knobs.ringingAlarm === 'refused')
    throw validationException(
      `The CloudWatch alarms [${ringing.join(', ')}] of AutoRollbackConfiguration are in the ALARM state.`
    );
}

function namesOf(deployment: Deployment): readonly string[] {
  return productionOf(deployment)
    .map((variant) => variant.name)
    .sort();
}
