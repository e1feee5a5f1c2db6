import type { Budget, FurtherGuardSpec, GuardSpec, RateGuardSpec } from '../spec/types';
import { planAlone } from './alone';
import { planLatency } from './latency/plan';
import type { Dispersion } from './noise/dispersion';
import { snapToBounds } from './latency/grid';
import { budgetParts, GuardPlanError, guardNames, marginOddsRatio, noiseOf, planGuards } from './plan';
import { planThreshold } from './plan-threshold';
import type { AlarmPlan, InputFeature } from './thresholds/types';
import type { ArmCounts, GuardPlan, RatePlan } from './types';

interface Given {
  readonly budget: Budget;
  readonly horizonTicks: number;
  readonly incumbent: Readonly<Record<string, ArmCounts>>;
  readonly dispersion: Readonly<Record<string, Dispersion>>;
  /** The incumbent's own quantiles in milliseconds, by the name of a latency guard whose file gives none. */
  readonly latencyMs?: Readonly<Record<string, readonly number[]>>;
  /** Bounds that latency is counted at, when it is not counted at any. */
  readonly latencyBoundsMs?: readonly number[];
  /** Whether a time will come in which no incumbent serves: rates with an objective then judge by it. */
  readonly endsAlone?: boolean;
  /** How alarms treat missing data, by the name of a guard whose file does not say. */
  readonly missingData?: Readonly<Record<string, AlarmPlan['missingData']>>;
  /** What requests looked like before the rollout, by the name of a guard of their drift. */
  readonly inputs?: Readonly<Record<string, readonly InputFeature[]>>;
}

/** What is fixed for one guard. */
interface Named extends Given {
  readonly name: string;
  readonly rollbackAlpha: number;
}

/**
 * `planGuards` for guards of every kind, in the order given. The false-rollback budget is divided, by weights, among the guards that
 * can roll back on an e-value; thresholds, the split and coverage spend none of it. Throws as `planGuards` does, and `RangeError` for
 * a latency guard whose quantiles do not rise.
 */
export function planEveryGuard(p: Given & { readonly guards: readonly GuardSpec[] }): readonly GuardPlan[] {
  const names = guardNames(p.guards);
  const spending = p.guards.filter(spends);
  const parts = budgetParts(p.budget.falseRollback, spending.map(weightOf));
  return p.guards.map((spec, i) => {
    const rollbackAlpha = spends(spec) ? (parts[p.guards.slice(0, i).filter(spends).length] ?? 0) : 0;
    return planOne(spec, { ...p, name: names[i] ?? spec.kind, rollbackAlpha });
  });
}

const weightOf = (spec: GuardSpec): number => spec.weight ?? 1;

function spends({ kind }: GuardSpec): boolean {
  const free = [
    'split',
    'captureLoss',
    'labelLoss',
    'threshold',
    'alarm',
    'webhook',
    'outputDrift',
    'inputDrift',
    'bias',
    'attribution',
  ];
  return !free.includes(kind);
}

function planOne(spec: GuardSpec, given: Named): GuardPlan {
  const { name, budget } = given;
  const { required } = spec;
  const shares = { rollbackAlpha: given.rollbackAlpha, promoteAlpha: budget.falsePromotion };
  switch (spec.kind) {
    case 'errors':
    case 'quality':
      return plannedAlone(spec, given);
    case 'business':
    case 'goal':
    case 'shadow':
      return planOutcome(spec, given);
    case 'latency': {
      const { quantiles, promoteWithin, mode } = spec;
      const incumbentMs = spec.incumbentMs ?? given.latencyMs?.[name];
      if (incumbentMs === undefined) throw noLatency(name);
      const { horizonTicks } = given;
      const measured = given.dispersion[name] ?? null;
      const wanted = mode ?? undefined;
      const rest = { name, required, horizonTicks, measured, wanted, ...shares };
      const plan = planLatency({ quantiles, incumbentMs, promoteRatio: promoteWithin.ratio, ...rest });
      return given.latencyBoundsMs === undefined ? plan : snapToBounds(plan, given.latencyBoundsMs);
    }
    case 'mean': {
      const { higherIs, unit, points, leastN } = spec;
      const common = {
        kind: 'mean',
        name,
        required,
        higherIs,
        unit,
        promoteDifference: spec.promoteWithin.difference,
      } as const;
      return points === null
        ? { ...common, class: 'approximate', method: 'score', leastN, ...shares }
        : { ...common, class: 'guaranteed', method: 'betting', points, ...shares };
    }
    case 'shadowScore': {
      const { kind, higherIs, points, promoteWithin } = spec;
      const promoteDifference = promoteWithin.difference;
      return { kind, name, required, class: 'guaranteed', higherIs, points, promoteDifference, ...shares };
    }
    case 'split': {
      const { kind, alpha, leastExpected } = spec;
      const unit = spec.unit === undefined ? {} : { unit: spec.unit };
      return { kind, name, required, class: 'guaranteed', alpha, leastExpected, ...unit };
    }
    case 'captureLoss':
    case 'labelLoss': {
      const { kind, alpha, tolerated, leastDue } = spec;
      return { kind, name, required, class: 'approximate', alpha, tolerated, leastDue };
    }
    case 'threshold':
    case 'alarm':
    case 'webhook':
    case 'outputDrift':
    case 'inputDrift':
    case 'bias':
    case 'attribution':
      return planThreshold(spec, given);
  }
}

/** A guard of the rollout file, with the part of the budget that it has among all kinds. */
function plannedAlone(spec: RateGuardSpec, given: Named): RatePlan {
  const rename = <T>(by: Readonly<Record<string, T>>): Readonly<Record<string, T>> => {
    const own = by[given.name];
    return own === undefined ? {} : { [spec.kind]: own };
  };
  const [plan] = planGuards({
    guards: [spec],
    budget: { ...given.budget, falseRollback: given.rollbackAlpha },
    horizonTicks: given.horizonTicks,
    incumbent: rename(given.incumbent),
    dispersion: rename(given.dispersion),
  });
  if (plan === undefined) throw new RangeError(`${given.name} has no plan`);
  const own: RatePlan = { ...plan, name: given.name, ...(spec.users !== undefined && { unit: 'user' }) };
  return given.endsAlone === true ? planAlone(own) : own;
}

function planOutcome(
  spec: Extract<FurtherGuardSpec, { readonly kind: 'business' | 'goal' | 'shadow' }>,
  given: Named
): RatePlan {
  const { name, budget, incumbent } = given;
  const counts = incumbent[name];
  const seen = counts === undefined || counts.n <= 0 ? null : counts;
  const margin =
    spec.kind === 'shadow'
      ? spec.promoteWithin.oddsRatio
      : spec.promoteWithin === null
        ? 1
        : marginOddsRatio(name, spec.promoteWithin, seen);
  return {
    name,
    kind: spec.kind,
    ...noiseOf(given.dispersion[name]),
    required: spec.required,
    rollbackOddsRatio: spec.rollbackAt.oddsRatio,
    promoteOddsRatio: margin,
    slo: spec.kind === 'shadow' ? spec.slo : null,
    rollbackAlpha: given.rollbackAlpha,
    promoteAlpha: spec.kind === 'goal' ? budget.falseWinner : budget.falsePromotion,
    horizonTicks: given.horizonTicks,
    incumbentRate: seen === null ? null : { rate: seen.bad / seen.n, n: seen.n },
    unit: spec.kind === 'shadow' ? 'request' : spec.unit,
  };
}

const noLatency = (name: string) =>
  new GuardPlanError(
    'noIncumbentEvidence',
    [name],
    `${name}: the incumbent's quantiles are neither given (\`incumbent\`) nor measured`
  );
