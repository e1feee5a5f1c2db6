import type { VariantStatus } from '@aws-sdk/client-sagemaker';
import type { Blueprint } from '../fleet/blueprint';
import type { Deployment, VariantState } from './records';

/** A deployment that has not begun: nothing runs, everything is desired. */
export function freshDeployment(blueprint: Blueprint, startMs: number): Deployment {
  const variants = blueprint.variants.map((variant) => ({
    name: variant.name,
    currentWeight: 0,
    desiredWeight: variant.initialWeight,
    currentCount: 0,
    desiredCount: variant.initialCount,
    ...(variant.isShadow ? { isShadow: variant.isShadow } : {}),
  }));
  return { blueprint, variants, startMs };
}

/** The variants that take live traffic. */
export function productionOf(deployment: Deployment): readonly VariantState[] {
  return deployment.variants.filter(({ isShadow }) => !isShadow);
}

/** What an update keeps of the live variants that the new configuration names again. */
export interface Retained {
  readonly keepsWeights: boolean;
  readonly keepsCounts: boolean;
}

/** The deployment of an update: desired values from the new configuration, or from the live variant of the same name. */
export function updateDeployment(
  blueprint: Blueprint,
  from: { readonly live: Deployment; readonly retained: Retained; readonly startMs: number }
): Deployment {
  const fresh = freshDeployment(blueprint, from.startMs);
  const variants = fresh.variants.map((variant) => {
    const old = from.live.variants.find((candidate) => candidate.name === variant.name);
    if (!old) return variant;
    return {
      ...variant,
      desiredWeight: from.retained.keepsWeights ? old.desiredWeight : variant.desiredWeight,
      desiredCount: from.retained.keepsCounts ? old.desiredCount : variant.desiredCount,
    };
  });
  return { ...fresh, variants };
}

/** The deployment once all that was desired is there. */
export function settled<T extends Deployment>(deployment: T): Deployment {
  const variants = deployment.variants.map(({ stage: _ended, ...variant }) => ({
    ...variant,
    currentWeight: variant.desiredWeight,
    currentCount: variant.desiredCount,
  }));
  return { blueprint: deployment.blueprint, startMs: deployment.startMs, variants };
}

export function withStage<T extends Deployment>(deployment: T, status: VariantStatus, atMs: number): T {
  const variants: readonly VariantState[] = deployment.variants.map((variant) => ({
    ...variant,
    stage: { status, startMs: atMs },
  }));
  return { ...deployment, variants };
}

/** Instances that take live traffic. */
export function totalDesired(deployment: Deployment): number {
  return productionOf(deployment).reduce((sum, variant) => sum + variant.desiredCount, 0);
}

export function desiredCounts(deployment: Deployment): ReadonlyMap<string, number> {
  return new Map(deployment.variants.map((variant) => [variant.name, variant.desiredCount]));
}

export function currentCounts(deployment: Deployment): ReadonlyMap<string, number> {
  return new Map(deployment.variants.map((variant) => [variant.name, variant.currentCount]));
}

export function currentWeights(deployment: Deployment): ReadonlyMap<string, number> {
  return new Map(deployment.variants.map((variant) => [variant.name, variant.currentWeight]));
}

/** A share of the instances that each variant has, rounded up. */
export function shareOfCurrent(deployment: Deployment, share: number): ReadonlyMap<string, number> {
  return new Map(deployment.variants.map((variant) => [variant.name, Math.ceil(variant.currentCount * share - 1e-9)]));
}

/** A share of the desired instances of each variant, rounded up. */
export function shareOfCounts(deployment: Deployment, share: number): ReadonlyMap<string, number> {
  return new Map(deployment.variants.map((variant) => [variant.name, Math.ceil(variant.desiredCount * share - 1e-9)]));
}
