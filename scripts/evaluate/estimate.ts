import { anytimeValue, evaluatePolicy } from '../../guards/bandits';
import type { LoggedCell, OffPolicyValues, TargetPolicy } from '../../guards/bandits';
import { normalQuantile } from '../../guards/foretell/normal';
import { targetOf } from './policy';
import type { WrittenPolicy } from './policy';
import type { DecisionLog } from './log';

/** What a policy would have earned, on the scale of the reward. */
export interface PolicyEstimate {
  readonly policy: string;
  /** Null where no batch of the log tried what the policy wants. */
  readonly values: (OffPolicyValues & { readonly guaranteed: readonly [low: number, high: number] }) | null;
  /** Calls in batches in which the policy wants an arm that the log gave nothing: they tell nothing, and are left out. */
  readonly unsupported: number;
}

/** Off-policy estimates of each policy at confidence 1 − alpha. */
export function estimatePolicies(
  log: DecisionLog,
  of: { readonly policies: readonly WrittenPolicy[]; readonly alpha: number }
): readonly PolicyEstimate[] {
  const { cells, segments } = log;
  const z = normalQuantile(1 - of.alpha / 2);
  return of.policies.map((written) => {
    const policy = targetOf(written, segments);
    const supported = supportedCells(cells, policy);
    const unsupported = callsOf(cells) - callsOf(supported);
    if (supported.length === 0) return { policy: written.name, values: null, unsupported };
    const values = evaluatePolicy(supported, policy, z);
    const guaranteed = anytimeValue({ cells: supported, policy, alpha: of.alpha });
    return { policy: written.name, values: { ...values, guaranteed }, unsupported };
  });
}

/** What the log itself earned: the plain mean of its rewards. */
export function loggedMean({ cells }: DecisionLog): number | null {
  const n = callsOf(cells);
  return n === 0 ? null : cells.reduce((sum, cell) => sum + cell.sum, 0) / n;
}

/** Whole batches, so that which one is left out depends on what was decided before its rewards. */
function supportedCells(cells: readonly LoggedCell[], policy: TargetPolicy): readonly LoggedCell[] {
  const lacking = new Set(
    cells
      .filter(({ segment, arms, propensities }) =>
        arms.some((arm) => policy(segment, arm) > 0 && !((propensities[arm] ?? 0) > 0))
      )
      .map(({ batch }) => batch)
  );
  return cells.filter(({ batch }) => !lacking.has(batch));
}

function callsOf(cells: readonly LoggedCell[]): number {
  return cells.reduce((sum, { n }) => sum + n, 0);
}
