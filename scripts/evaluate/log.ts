import type { Exposure } from '../../gateway/exposure-format';
import type { LoggedCell } from '../../guards/bandits';
import { Mistake } from '../mistakes';

/** What is less than this is the rounding of shares. */
const NOTHING = 1e-6;

/** What a call earned, 0 to 1; undefined: nobody knows (yet), and it counts for nothing. */
export type RewardOf = (call: Exposure) => number | undefined;

export interface DecisionLog {
  readonly cells: readonly LoggedCell[];
  readonly arms: readonly string[];
  /** Empty where one split was for all. */
  readonly segments: readonly string[];
  readonly counts: LogCounts;
}

/** Calls of the log, and why some tell nothing. */
export interface LogCounts {
  readonly calls: number;
  readonly used: number;
  /** Chosen by the endpoint's weights, past an assignment: there is no propensity. */
  readonly withoutPropensity: number;
  /** By users who were there before: whom they met was settled by their first call. */
  readonly laterCalls: number;
  readonly withoutReward: number;
}

/**
 * The log of an adaptive split from a gateway's exposures: an epoch is a batch, because its propensities were fixed before its calls. A user is
 * drawn once and stays, so with `unit: user` only his first call counts, and calls that name nobody count each; with `request` all count as if each
 * were drawn anew. Where several arms met nobody in a batch their propensities are not in the log: `leastShare` (0–1) is taken for each.
 */
export function decisionLog(
  exposures: readonly Exposure[],
  of: { readonly unit: 'user' | 'request'; readonly rewardOf: RewardOf; readonly leastShare: number }
): DecisionLog {
  const counts = { calls: 0, used: 0, withoutPropensity: 0, laterCalls: 0, withoutReward: 0 };
  const seen = { calls: new Set<string>(), users: new Set<string>() };
  const batches = new Map<string, Gathered>();
  const inOrder = [...exposures].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  for (const call of inOrder) {
    if (seen.calls.has(call.inferenceId)) continue;
    seen.calls.add(call.inferenceId);
    counts.calls += 1;
    const { epoch, propensity, userId, segment = '', variant } = call;
    if (epoch === null || propensity === null || propensity === 0) {
      counts.withoutPropensity += 1;
      continue;
    }
    const isKnown = userId !== undefined && seen.users.has(userId);
    if (userId !== undefined) seen.users.add(userId);
    const place = JSON.stringify([epoch, segment]);
    const batch: Gathered = batches.get(place) ?? { epoch, segment, propensities: new Map(), rewards: new Map() };
    batches.set(place, batch);
    const other = batch.propensities.get(variant);
    if (other !== undefined && Math.abs(other - propensity) > NOTHING)
      throw new Mistake(
        `The log gives ${variant} two propensities in epoch ${epoch}, ${other} and ${propensity}: it mixes what does not belong together.`
      );
    batch.propensities.set(variant, propensity);
    if (of.unit === 'user' && isKnown) {
      counts.laterCalls += 1;
      continue;
    }
    const reward = of.rewardOf(call);
    if (reward === undefined) {
      counts.withoutReward += 1;
      continue;
    }
    counts.used += 1;
    const { n, sum, sumSquares } = batch.rewards.get(variant) ?? { n: 0, sum: 0, sumSquares: 0 };
    batch.rewards.set(variant, { n: n + 1, sum: sum + reward, sumSquares: sumSquares + reward * reward });
  }
  const gathered = [...batches.values()];
  const arms = [...new Set(gathered.flatMap(({ propensities }) => [...propensities.keys()]))].sort();
  const cells = gathered.flatMap((batch) => cellsOf(batch, arms, of.leastShare));
  return { cells, arms, segments: [...new Set(cells.map(({ segment }) => segment))].sort(), counts };
}

interface Gathered {
  readonly epoch: number;
  readonly segment: string;
  readonly propensities: Map<string, number>;
  readonly rewards: Map<string, { readonly n: number; readonly sum: number; readonly sumSquares: number }>;
}

function cellsOf(
  { epoch, segment, propensities, rewards }: Gathered,
  arms: readonly string[],
  leastShare: number
): readonly LoggedCell[] {
  const unseen = arms.filter((arm) => !propensities.has(arm));
  const rest = Math.max(0, 1 - [...propensities.values()].reduce((sum, share) => sum + share, 0));
  const each = rest < NOTHING ? 0 : unseen.length === 1 ? rest : Math.min(leastShare, rest / unseen.length);
  const all = Object.fromEntries([...propensities, ...unseen.map((arm) => [arm, each] as const)]);
  return [...rewards].map(([arm, sums]) => ({ batch: epoch, segment, arm, arms, propensities: all, ...sums }));
}
