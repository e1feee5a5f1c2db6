import { costOf, costOfAll } from '../rollout';
import type { Cost, RolloutState } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import { stageLabel } from './ladder';
import type { AccountView, ArmView } from './view';
import { duration, money, plain } from './words';

const MS_PER_HOUR = 3_600_000;

/** Where the time of a rollout went, by stage of its file, in their order. */
export function accountViews({ accounts, prices, spec }: RolloutState): readonly AccountView[] {
  return accounts.map(({ stage, capacityMs, ...spent }) => ({
    label: labelOf(stage, spec.stages),
    ...spent,
    capacity: Object.entries(capacityMs).map(([type, ms]) => ({ type, instanceHours: ms / MS_PER_HOUR })),
    cost: costOf(capacityMs, prices),
  }));
}

/** Each candidate, and why it does not compete any more. */
export function armViews({ arms }: RolloutState): readonly ArmView[] {
  return arms.map(({ name, standing, why }) => ({ name, standing, why: why === null ? null : plain(why) }));
}

/** `0.42 h of ml.m5.large`; `none` where nothing was taken beside the fleet that serves anyway. */
export function capacityText(capacity: AccountView['capacity']): string {
  if (capacity.length === 0) return 'none';
  return capacity.map(({ type, instanceHours }) => `${hours(instanceHours)} of ${type}`).join(', ');
}

/** `0.42 USD`; `unknown` where a price is missing. */
export function costText({ amount, currency }: Cost): string {
  if (amount === 0) return 'none';
  return amount === null || currency === null ? 'unknown' : `${money(amount)} ${currency}`;
}

/** What the extra instances cost so far, and by which prices; null where there were none. */
export function costSentence(state: Pick<RolloutState, 'accounts' | 'prices'>): string | null {
  const cost = costOfAll(state);
  const { prices } = state;
  if (cost.amount === 0) return null;
  if (cost.amount === null)
    return `What the extra instances cost is unknown: no price of ${cost.unknown.join(', ')}${prices === null ? '' : ` in ${prices.region}`}.`;
  const basis = prices === null ? '' : ` (prices of ${prices.date} for ${prices.region})`;
  return `The extra instances cost about ${costText(cost)}${basis}.`;
}

/** Accounts as rows of words: stage, judged, people, AWS, extra capacity, its cost. */
export function accountRows(accounts: readonly AccountView[]): readonly (readonly string[])[] {
  return accounts.map(({ label, bakingMs, personMs, awsMs, capacity, cost }) => [
    label,
    duration(bakingMs),
    duration(personMs),
    duration(awsMs),
    capacityText(capacity),
    costText(cost),
  ]);
}

/** Headings of `accountRows`. */
export const ACCOUNT_HEAD = ['stage', 'judged', 'people', 'AWS', 'extra instances', 'their cost'] as const;

function hours(value: number): string {
  if (value > 0 && value < 0.01) return '<0.01 h';
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} h`;
}

function labelOf(stage: number, stages: RolloutSpec['stages']): string {
  if (stage < 0) return 'prepare';
  const own = stages[stage];
  return own === undefined ? 'end' : stageLabel(own);
}
