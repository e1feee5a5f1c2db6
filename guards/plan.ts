import type { Budget, Margin, RateGuardSpec } from '../spec/types';
import type { Dispersion } from './noise/dispersion';
import { chooseMode } from './noise/mode';
import type { ArmCounts, RatePlan } from './types';
import { formatRate } from './wording';

/** A plan cannot be fixed; `guards` names those at fault. */
export class GuardPlanError extends Error {
  override readonly name = 'GuardPlanError';

  constructor(
    readonly kind: 'noIncumbentEvidence' | 'impossibleMargin',
    readonly guards: readonly string[],
    message: string
  ) {
    super(message);
  }
}

/** Names of the guards of a file, in its order: the kind, with a number from the second of a kind on (`errors-2`). */
export function guardNames(guards: readonly { readonly kind: string }[]): readonly string[] {
  return guards.map(({ kind }, i) => {
    const nth = guards.slice(0, i + 1).filter((other) => other.kind === kind).length;
    return nth === 1 ? kind : `${kind}-${nth}`;
  });
}

/**
 * Fixes everything about the guards before the candidate's first request. The false-rollback budget is divided equally, or
 * in proportion to `weights` (by guard name, 1 where absent); the false-promotion budget is not divided, because promotion
 * needs every required guard to pass.
 *
 * `dispersion` is what an A/A phase or history showed by guard name (`measureDispersion`): it chooses between the exact mode
 * and the fleet-noise mode, once.
 *
 * `incumbent` holds the incumbent's own counts by guard name (`guardNames`). An absolute margin d becomes the odds ratio
 * odds(p + d)/odds(p) at the incumbent's rate p = (bad + ½)/(n + 1), which stays away from 0. Throws `GuardPlanError`
 * when a guard with an absolute margin has no incumbent evidence, or its margin leads to a rate of 1 or more.
 */
export function planGuards(p: {
  readonly guards: readonly RateGuardSpec[];
  readonly budget: Budget;
  readonly horizonTicks: number;
  readonly incumbent: Readonly<Record<string, ArmCounts>>;
  readonly dispersion?: Readonly<Record<string, Dispersion>>;
  readonly weights?: Readonly<Record<string, number>>;
}): readonly RatePlan[] {
  const named = guardNames(p.guards).flatMap((name, i) => {
    const spec = p.guards[i];
    const seen = p.incumbent[name];
    return spec === undefined ? [] : [{ name, spec, seen: seen === undefined || seen.n <= 0 ? null : seen }];
  });
  const unseen = named.filter(({ spec, seen }) => spec.promoteWithin.kind === 'absolute' && seen === null);
  if (unseen.length > 0) throw noIncumbentEvidence(unseen.map(({ name }) => name));
  const parts = budgetParts(
    p.budget.falseRollback,
    named.map(({ name }) => p.weights?.[name] ?? 1)
  );
  return named.map(({ name, spec, seen }, i) => ({
    name,
    kind: spec.kind,
    ...noiseOf(p.dispersion?.[name]),
    required: spec.required,
    rollbackOddsRatio: spec.rollbackAt.oddsRatio,
    promoteOddsRatio: marginOddsRatio(name, spec.promoteWithin, seen),
    slo: spec.kind === 'errors' ? (spec.slo ?? null) : null,
    rollbackAlpha: parts[i] ?? 0,
    promoteAlpha: p.budget.falsePromotion,
    horizonTicks: p.horizonTicks,
    incumbentRate: seen === null ? null : { rate: seen.bad / seen.n, n: seen.n },
  }));
}

/**
 * The parts of a budget in proportion to weights; they sum to it. Throws `RangeError` for a weight that is no positive number.
 */
export function budgetParts(budget: number, weights: readonly number[]): readonly number[] {
  const wrong = weights.find((weight) => !(weight > 0 && Number.isFinite(weight)));
  if (wrong !== undefined) throw new RangeError(`a guard's weight is ${wrong}, not a positive number`);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (budget * weight) / sum);
}

/** Mode and class of a rate guard. */
export function noiseOf(measured: Dispersion | undefined): Pick<RatePlan, 'class' | 'noise'> {
  if (measured === undefined) return { class: 'guaranteed' };
  const noise = chooseMode({ subject: 'rate', measured });
  return { class: noise.mode === 'fleetNoise' ? 'approximate' : 'guaranteed', noise };
}

export function marginOddsRatio(name: string, margin: Margin, seen: ArmCounts | null): number {
  if (margin.kind === 'oddsRatio') return margin.oddsRatio;
  if (seen === null) throw noIncumbentEvidence([name]);
  const rate = (seen.bad + 0.5) / (seen.n + 1);
  const limit = rate + margin.difference;
  if (limit > 0 && limit < 1) return limit / (1 - limit) / (rate / (1 - rate));
  throw new GuardPlanError(
    'impossibleMargin',
    [name],
    `${name}: a margin of ${formatRate(margin.difference)} on the incumbent's ${formatRate(rate)} is no rate`
  );
}

const noIncumbentEvidence = (guards: readonly string[]) =>
  new GuardPlanError(
    'noIncumbentEvidence',
    guards,
    `no counts of the incumbent to turn an absolute margin into odds: ${guards.join(', ')}`
  );
