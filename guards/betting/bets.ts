import { AT_CAP } from '../e-process';

/** Equal outcomes of one tick: what each pays to somebody who bets one unit, and how many there were. */
export interface Payoff {
  readonly value: number;
  readonly count: number;
}

/** A mixture of bets of different boldness. Plain JSON. */
export interface BetState {
  /** Log wealth; it stays at the cap once there. */
  readonly logE: number;
  readonly logBets: readonly number[];
}

/** Shares of the largest bet that cannot ruin; each gets an equal part of the wealth. Bold ones are quick, timid ones sure. */
const FRACTIONS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95];

export const startBets: BetState = { logE: 0, logBets: FRACTIONS.map(() => 0) };

/**
 * Counts one tick of a game whose payoffs have mean at most 0 under the null, given the past: wealth ∏(1 + λ payoff) is then an
 * e-process for every λ that keeps it positive, and so is the mixture (Waudby-Smith & Ramdas 2024). `worst` is the least
 * possible payoff, below 0, known before the tick.
 */
export function stepBets(p: {
  readonly state: BetState;
  readonly payoffs: readonly Payoff[];
  readonly worst: number;
  readonly logCap: number;
}): BetState {
  const { state, payoffs, worst, logCap } = p;
  const logBets = state.logBets.map((bet, j) => {
    const stake = (FRACTIONS[j] ?? 0) / -worst;
    return payoffs.reduce((log, { value, count }) => log + count * Math.log1p(stake * value), bet);
  });
  if (hasWon(state, logCap)) return { logE: state.logE, logBets };
  return { logE: Math.min(logCap, logWealth({ ...state, logBets })), logBets };
}

/** Whether the null is rejected. */
export function hasWon(state: BetState, logCap: number): boolean {
  return state.logE >= logCap - AT_CAP;
}

/** Log wealth as it would be had nobody stopped at the cap. */
export function logWealth({ logBets }: BetState): number {
  const highest = Math.max(...logBets);
  const sum = logBets.reduce((total, log) => total + Math.exp(log - highest), 0);
  return highest + Math.log(sum / logBets.length);
}
