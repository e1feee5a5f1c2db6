import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker';
import { validationException } from '../wire/errors';
import type { Checked } from '../wire/types';

/** One move of traffic: the share of requests (and, when rolling, of instances) on the new fleet, and how long it bakes. */
export interface DeploymentStep {
  readonly greenShare: number;
  readonly bakeMs: number;
}

/** Blue/green starts the whole new fleet first; rolling replaces it batch by batch, so the two fleets share the capacity. */
export interface DeploymentPlan {
  readonly kind: 'blueGreen' | 'rolling';
  readonly steps: readonly DeploymentStep[];
  /** How long the old fleet is kept after the last bake. */
  readonly terminationWaitMs: number;
  readonly maxExecutionMs?: number;
  readonly alarms: readonly string[];
  /** Rolling only: share of the old fleet that a rollback brings back at a time. */
  readonly rollbackShare: number;
}

/** SageMaker's limits on steps, as shares of the fleet. */
const MAX_CANARY_SHARE = 0.5;
const LINEAR_SHARES = { min: 0.1, max: 0.5 };
const ROLLING_SHARES = { min: 0.05, max: 0.5 };

/** Instances without deployment guardrails: SageMaker replaces the fleet all at once and without a bake, and does not say so. */
const WITHOUT_GUARDRAILS = /^ml\.inf1\.|^serverless$/;

/**
 * Works out the steps of an update. Without a configuration SageMaker replaces the fleet all at once, without a bake and without
 * alarms. Throws ValidationException for a configuration that SageMaker refuses.
 */
export function deploymentPlan(
  config: Checked<DeploymentConfig> | undefined,
  fleet: { readonly instances: number; readonly instanceTypes: readonly string[] }
): DeploymentPlan {
  const alarms = (config?.AutoRollbackConfiguration?.Alarms ?? []).flatMap((alarm) =>
    alarm.AlarmName === undefined ? [] : [alarm.AlarmName]
  );
  const total = Math.max(1, fleet.instances);
  if (config?.BlueGreenUpdatePolicy && config.RollingUpdatePolicy) {
    throw validationException(
      'Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified in DeploymentConfig.'
    );
  }
  const wanted = config?.RollingUpdatePolicy
    ? rolling(config.RollingUpdatePolicy, total)
    : config?.BlueGreenUpdatePolicy && blueGreen(config.BlueGreenUpdatePolicy, total);
  const hasGuardrails = !fleet.instanceTypes.some((type) => WITHOUT_GUARDRAILS.test(type));
  if (wanted && hasGuardrails) return { ...wanted, alarms };
  return { kind: 'blueGreen', steps: [{ greenShare: 1, bakeMs: 0 }], terminationWaitMs: 0, alarms, rollbackShare: 1 };
}

type PlanWithoutAlarms = Omit<DeploymentPlan, 'alarms'>;

function blueGreen(
  policy: NonNullable<Checked<DeploymentConfig>['BlueGreenUpdatePolicy']>,
  total: number
): PlanWithoutAlarms {
  const routing = policy.TrafficRoutingConfiguration;
  const bakeMs = routing.WaitIntervalInSeconds * 1000;
  const terminationWaitMs = (policy.TerminationWaitInSeconds ?? 0) * 1000;
  return withTimeout(
    {
      kind: 'blueGreen',
      steps: shares().map((greenShare) => ({ greenShare, bakeMs })),
      terminationWaitMs,
      rollbackShare: 1,
    },
    policy.MaximumExecutionTimeoutInSeconds
  );

  function shares(): readonly number[] {
    switch (routing.Type) {
      case 'ALL_AT_ONCE':
        return [1];
      case 'CANARY': {
        if (!routing.CanarySize)
          throw validationException('CanarySize must be specified for traffic routing type CANARY.');
        return unique([shareOf(routing.CanarySize, total, { name: 'CanarySize', min: 0, max: MAX_CANARY_SHARE }), 1]);
      }
      case 'LINEAR': {
        if (!routing.LinearStepSize)
          throw validationException('LinearStepSize must be specified for traffic routing type LINEAR.');
        return ladder(shareOf(routing.LinearStepSize, total, { name: 'LinearStepSize', ...LINEAR_SHARES }), total);
      }
    }
  }
}

function rolling(
  policy: NonNullable<Checked<DeploymentConfig>['RollingUpdatePolicy']>,
  total: number
): PlanWithoutAlarms {
  const batch = shareOf(policy.MaximumBatchSize, total, { name: 'MaximumBatchSize', ...ROLLING_SHARES });
  const bakeMs = policy.WaitIntervalInSeconds * 1000;
  const rollbackShare = policy.RollbackMaximumBatchSize
    ? shareOf(policy.RollbackMaximumBatchSize, total, { name: 'RollbackMaximumBatchSize', min: 0, max: 1 })
    : 1;
  const steps = ladder(batch, total).map((greenShare) => ({ greenShare, bakeMs }));
  return withTimeout(
    { kind: 'rolling', steps, terminationWaitMs: 0, rollbackShare },
    policy.MaximumExecutionTimeoutInSeconds
  );
}

function withTimeout(plan: PlanWithoutAlarms, timeoutSeconds: number | undefined): PlanWithoutAlarms {
  if (timeoutSeconds === undefined) return plan;
  const waitsMs = plan.steps.reduce((sum, step) => sum + step.bakeMs, plan.terminationWaitMs);
  if (timeoutSeconds * 1000 <= waitsMs) {
    throw validationException(
      `MaximumExecutionTimeoutInSeconds (${timeoutSeconds}) must be greater than the sum of the wait intervals (${waitsMs / 1000}).`
    );
  }
  return { ...plan, maxExecutionMs: timeoutSeconds * 1000 };
}

/** Traffic moves in whole instances, so the smallest step of a fleet of N is 1/N whatever the percentage says. */
function shareOf(
  size: Checked<CapacitySize>,
  total: number,
  limit: { readonly name: string; readonly min: number; readonly max: number }
): number {
  const exact = size.Type === 'CAPACITY_PERCENT' ? size.Value / 100 : size.Value / total;
  // A fleet of one has no half: SageMaker's limits are on the wish, the instance is the floor.
  if (exact < limit.min || (exact > limit.max && size.Value > 1)) {
    throw validationException(
      `${limit.name} must be between ${limit.min * 100} and ${limit.max * 100} percent of the variant's total instance count.`
    );
  }
  return Math.min(1, Math.ceil(exact * total - 1e-9) / total);
}

/** Growing shares of a fleet of `total` instances, `step` more each time, up to the whole. */
export function ladder(step: number, total: number): readonly number[] {
  const instances = Math.max(1, Math.round(step * total));
  return Array.from({ length: Math.ceil(total / instances) }, (_, index) =>
    Math.min(1, ((index + 1) * instances) / total)
  );
}

function unique(shares: readonly number[]): readonly number[] {
  return [...new Set(shares)];
}
