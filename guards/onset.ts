/**
 * When the bets of an e-process are placed. A guard that bets everything at the start is slow to see a model that breaks
 * later, because its bets have lost by then; so a part is kept as cash and spread over later onsets. Masses are shares of
 * the starting wealth and sum to at most 1, which is all that validity needs.
 */
export interface OnsetSchedule {
  /** Placed before the first tick. */
  readonly atStart: number;
  /** Ticks between later onsets. */
  readonly everyTicks: number;
  readonly horizonTicks: number;
  /** Spread evenly over the horizon. */
  readonly withinHorizon: number;
  /** Kept for later: half of it over the next horizon, a quarter over the two after it, and so on for ever. */
  readonly beyondHorizon: number;
}

/** Everything at the start: for a test whose alternative holds from the first tick or not at all. */
export const allAtStart: OnsetSchedule = {
  atStart: 1,
  everyTicks: 1,
  horizonTicks: 1,
  withinHorizon: 0,
  beyondHorizon: 0,
};

/** Share of the starting wealth that is placed as bets before tick number `tick` (from 0). */
export function onsetMass(schedule: OnsetSchedule, tick: number): number {
  if (tick === 0) return schedule.atStart;
  if (tick % schedule.everyTicks !== 0) return 0;
  const onset = tick / schedule.everyTicks;
  const inHorizon = Math.max(1, Math.floor((schedule.horizonTicks - 1) / schedule.everyTicks));
  if (onset <= inHorizon) return schedule.withinHorizon / inHorizon;
  let doublings = 1;
  while (onset > inHorizon * 2 ** doublings) doublings += 1;
  return schedule.beyondHorizon / 2 ** doublings / (inHorizon * 2 ** (doublings - 1));
}
