import { onsetMass } from '../../guards/onset';
import type { OnsetSchedule } from '../../guards/onset';
import type { Game } from './reference';

/**
 * A conformal test martingale against a frozen baseline (Vovk 2021), with bets of the Simple Jumper kind: part of the wealth is bet on
 * a rise, part on a fall, more or less boldly, part rests, and a little moves among them at each value. Wealth that reaches
 * 1/(alpha − delta) alarms, which happens with probability alpha at most, ever, while values are independent draws of what the
 * baseline came from (Ville's inequality). Plain JSON of a dozen numbers.
 */
export interface MartingaleState {
  readonly kind: 'martingale';
  readonly version: 1;
  /** Values since the start, or since the last alarm. */
  readonly n: number;
  /** Not bet yet: kept for changes that come later. */
  readonly cash: number;
  readonly bets: readonly number[];
  readonly highest: number;
}

export interface MartingaleSettings {
  /** Probability of a false alarm, ever; part of it, `delta`, is for the baseline being a freak. */
  readonly alpha: number;
  /** Values within which most changes are expected; sets how the bets are spread, not a deadline. */
  readonly horizon: number;
  readonly direction: 'up' | 'down' | 'both';
}

export const martingaleDefaults: MartingaleSettings = { alpha: 0.01, horizon: 10_000, direction: 'both' };

/** Part of alpha that pays for the finite baseline. */
const FREAK = 0.1;
/** Shares of the largest stake that cannot ruin. */
const STAKES = [0.02, 0.1, 0.4, 0.8] as const;
/** What moves from each bet to all of them at each value. */
const JUMP = 0.001;
/** Values between two onsets. */
const EVERY = 50;

export const deltaOf = ({ alpha }: MartingaleSettings): number => FREAK * alpha;

/** Wealth at which the null is rejected. */
export const wealthNeeded = ({ alpha }: MartingaleSettings): number => 1 / ((1 - FREAK) * alpha);

export function startMartingale(): MartingaleState {
  return {
    kind: 'martingale',
    version: 1,
    n: 0,
    cash: 1,
    bets: Array.from({ length: 1 + 2 * STAKES.length }, () => 0),
    highest: 1,
  };
}

/**
 * Counts values in order; starts anew after an alarm, with a budget of its own. `changes` are the positions among `values` at which
 * it alarmed.
 */
export function stepMartingale(
  state: MartingaleState,
  values: readonly number[],
  { game, settings }: { readonly game: Game; readonly settings: MartingaleSettings }
): { readonly state: MartingaleState; readonly changes: readonly number[] } {
  const onsets = scheduleOf(settings);
  const needed = wealthNeeded(settings);
  const stakes = stakesOf(settings);
  const changes: number[] = [];
  let { n, cash, highest } = state;
  let total = state.bets.reduce((sum, bet) => sum + bet, 0);
  // One array for all values: this loop is what a window's time goes into.
  const bets = Float64Array.from(state.bets);
  values.forEach((value, position) => {
    const placed = Math.min(cash, onsetMass(onsets, n));
    cash -= placed;
    const spread = (JUMP * total + placed) / stakes.length;
    const [up, down] = [game.up(value), game.down(value)];
    total = 0;
    for (let k = 0; k < bets.length; k++) {
      const stake = stakes[k] ?? 0;
      const before = (1 - JUMP) * (bets[k] ?? 0) + spread;
      const after = before * (1 + (stake > 0 ? stake * up : -stake * down));
      bets[k] = after;
      total += after;
    }
    n += 1;
    const wealth = cash + total;
    if (wealth > highest) highest = wealth;
    if (wealth < needed) return;
    changes.push(position);
    [n, cash, highest, total] = [0, 1, 1, 0];
    bets.fill(0);
  });
  return { state: { kind: 'martingale', version: 1, n, cash, bets: [...bets], highest }, changes };
}

/** The e-value of what was seen since the start, or since the last alarm. */
export const wealthOf = ({ cash, bets }: MartingaleState): number => cash + bets.reduce((sum, bet) => sum + bet, 0);

const scheduleOf = ({ horizon }: MartingaleSettings): OnsetSchedule => ({
  atStart: 0.5,
  everyTicks: EVERY,
  horizonTicks: Math.max(2 * EVERY, horizon),
  withinHorizon: 0.35,
  beyondHorizon: 0.15,
});

/** Positive: on a rise; negative: on a fall; 0 rests. */
const stakesOf = ({ direction }: MartingaleSettings): readonly number[] => [
  0,
  ...STAKES.map((stake) => (direction === 'down' ? 0 : stake)),
  ...STAKES.map((stake) => (direction === 'up' ? 0 : -stake)),
];
