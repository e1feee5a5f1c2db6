import type { KnownPrices } from './plan-types';
import type { Cost, RolloutState, TimeAccount } from './types';

const MS_PER_HOUR = 3_600_000;

/** What capacity cost by the prices that were known when the rollout began. A type without a price leaves the sum unknown: part of it would look like all. */
export function costOf(capacityMs: TimeAccount['capacityMs'], prices: KnownPrices | null): Cost {
  const taken = Object.entries(capacityMs).filter(([, ms]) => ms > 0);
  const unknown = taken.map(([type]) => type).filter((type) => prices?.perHour[type] === undefined);
  const amount = taken.reduce((sum, [type, ms]) => sum + ((prices?.perHour[type] ?? 0) * ms) / MS_PER_HOUR, 0);
  return { amount: unknown.length > 0 ? null : amount, currency: prices?.currency ?? null, unknown };
}

/** What the whole rollout has cost so far beside the fleet that serves anyway. */
export function costOfAll({ accounts, prices }: Pick<RolloutState, 'accounts' | 'prices'>): Cost {
  const all: Record<string, number> = {};
  for (const { capacityMs } of accounts)
    for (const [type, ms] of Object.entries(capacityMs)) all[type] = (all[type] ?? 0) + ms;
  return costOf(all, prices);
}
