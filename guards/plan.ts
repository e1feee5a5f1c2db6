import type { Budget, GuardSpec } from '../spec/types';
import type { ArmCounts, GuardPlan } from './types';

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
export function guardNames(guards: readonly Pick<GuardSpec, 'kind'>[]): readonly string[] {
  return guards.map(({ kind }, i) => {
    const nth = guards.slice(0, i + 1).filter((other) => other.kind === kind).length;
    return nth === 1 ? kind : `${kind}-${nth}`;
  });
}

/**
 * Fixes everything about the guards before the candidate's first request. The false-rollback budget is divided equally;
 * the false-promotion budget is not divided, because promotion needs every required guard to pass.
 *
 * `incumbent` holds the incumbent's own counts by guard name (`guardNames`). An absolute margin d becomes the odds ratio
 * odds(p + d)/odds(p) at the incumbent's rate p = (bad + ½)/(n + 1), which stays away from 0. Throws `GuardPlanError`
 * when a guard with an absolute margin has no incumbent evidence, or its margin leads to a rate of 1 or more.
 */
export function planGuards(p: {
  readonly guards: readonly GuardSpec[];
  readonly budget: Budget;
  readonly horizonTicks: number;
  readonly incumbent: Readonly<Record<string, ArmCounts>>;
}): readonly GuardPlan[] {
  const named = guardNames(p.guards).flatMap((name, i) => {
    const spec = p.guards[i];
    return spec === undefined ? [] : [{ name, spec, seen: seenOf(p.incumbent[name]) }];
  });
  const unseen = named.filter(({ spec, seen }) => spec.promoteWithin.kind === 'absolute' && seen === null);
  if (unseen.length > 0) {
    const names = unseen.map(({ name }) => name);
    throw new GuardPlanError(
      'noIncumbentEvidence',
      names,
      `no counts of the incumbent to turn an absolute margin into odds: ${names.join(', ')}`
    );
  }
  return named.map(({ name, spec, seen }) => ({
    name,
    kind: spec.kind,
    class: 'guaranteed',
    required: spec.required,
    rollbackOddsRatio: spec.rollbackAt.oddsRatio,
    promoteOddsRatio: marginOdds(name, spec, seen),
    slo: spec.kind === 'errors' ? (spec.slo ?? null) : null,
    rollbackAlpha: p.budget.falseRollback / named.length,
    promoteAlpha: p.budget.falsePromotion,
    horizonTicks: p.horizonTicks,
    incumbentRate: seen === null ? null : { rate: seen.bad / seen.n, n: seen.n },
  }));
}

const seenOf = (counts: ArmCounts | undefined): ArmCounts | null =>
  counts === undefined || counts.n <= 0 ? null : counts;

function marginOdds(name: string, spec: GuardSpec, seen: ArmCounts | null): number {
  if (spec.promoteWithin.kind === 'oddsRatio' || seen === null) {
    return spec.promoteWithin.kind === 'oddsRatio' ? spec.promoteWithin.oddsRatio : NaN;
  }
  const rate = (seen.bad + 0.5) / (seen.n + 1);
  const limit = rate + spec.promoteWithin.difference;
  if (limit >= 1 || limit <= 0) {
    throw new GuardPlanError(
      'impossibleMargin',
      [name],
      `${name}: a margin of ${spec.promoteWithin.difference} on the incumbent's rate of ${rate.toPrecision(3)} leaves the range of rates`
    );
  }
  return limit / (1 - limit) / (rate / (1 - rate));
}
