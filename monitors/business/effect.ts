import { currentVerdict, judgeTick, startGuard } from '../../guards';
import type { Evidence, GuardPlan, GuardState, Verdict } from '../../guards';
import type { Minute } from './digest';
import type { BusinessOptions } from './options';

/** How a candidate does against the incumbent, over all windows so far. */
export interface Effect {
  readonly candidate: string;
  readonly verdict: Verdict;
  readonly state: GuardState;
  readonly calls: number;
  /** Candidate minus incumbent, per call, in events or in their value; an anytime-valid interval; null while open. */
  readonly difference: number | null;
  readonly interval: readonly [number, number] | null;
}

/** Log odds or deviations by which a candidate may be worse before the other test says that it is not worse. */
const TOLERATED_ODDS = 1.1;

/**
 * The guards' own comparison: rates by their stratified e-process, which is exact, sums by their scored means, which take each minute's
 * difference as normal.
 */
export function effectPlan(
  options: BusinessOptions,
  incumbent: { readonly mean: number; readonly n: number },
  alpha: number
): GuardPlan {
  const base = {
    name: options.event,
    required: false,
    rollbackAlpha: alpha,
    promoteAlpha: options.falseAlarm,
  };
  if (options.measure === 'happened')
    return {
      ...base,
      class: 'guaranteed',
      kind: 'business',
      rollbackOddsRatio: 1,
      promoteOddsRatio: TOLERATED_ODDS,
      slo: null,
      horizonTicks: 1_440,
      incumbentRate: { rate: incumbent.mean, n: incumbent.n },
    };
  return {
    ...base,
    class: 'approximate',
    kind: 'mean',
    method: 'score',
    higherIs: options.higherIs,
    promoteDifference: Math.max(Math.abs(incumbent.mean) / 10, 1e-9),
    leastN: options.leastCalls,
  };
}

/** Counts the minutes of one candidate beside the incumbent's; each minute once, whatever was carried. */
export function followEffect(p: {
  readonly options: BusinessOptions;
  readonly plan: GuardPlan;
  readonly carried: GuardState | undefined;
  readonly candidate: string;
  readonly minutes: readonly Minute[];
}): Effect {
  const { options, plan, candidate, minutes } = p;
  const own = new Map(minutes.filter(({ variant }) => variant === candidate).map((one) => [one.atMs, one]));
  const other = new Map(minutes.filter(({ variant }) => variant === options.incumbent).map((one) => [one.atMs, one]));
  let state = p.carried ?? startGuard(plan);
  let calls = 0;
  for (const atMs of [...new Set([...own.keys(), ...other.keys()])].sort((a, b) => a - b)) {
    const key = new Date(atMs + 60_000).toISOString();
    const [a, b] = [own.get(atMs), other.get(atMs)];
    calls += a?.calls ?? 0;
    if (state.lastKey !== null && key <= state.lastKey) continue;
    const evidence: Evidence =
      options.measure === 'happened'
        ? { key, candidate: countsOf(a, options), incumbent: countsOf(b, options) }
        : { kind: 'moments', key, candidate: momentsOf(a), incumbent: momentsOf(b) };
    state = judgeTick({ plan, state, evidence }).state;
  }
  const verdict = currentVerdict(plan, state);
  return { candidate, verdict, state, calls, ...differenceOf(options, verdict) };
}

/** The bad event is that it did not happen, or where more of it is worse, that it did. */
function countsOf(minute: Minute | undefined, { higherIs }: BusinessOptions) {
  const [n, happened] = [minute?.calls ?? 0, minute?.happened ?? 0];
  return { n, bad: higherIs === 'better' ? n - happened : happened };
}

const momentsOf = (minute: Minute | undefined) => ({
  n: minute?.calls ?? 0,
  sum: minute?.sum ?? 0,
  squares: minute?.squares ?? 0,
});

/** An odds ratio of bad events becomes a difference of rates at the rate that the incumbent has had. */
function differenceOf(
  { measure, higherIs }: BusinessOptions,
  { numbers }: Verdict
): Pick<Effect, 'difference' | 'interval'> {
  if (measure === 'value') {
    const { value = null, interval = [null, null] } = numbers.estimate ?? {};
    const [low, high] = interval;
    return { difference: value, interval: low === null || high === null ? null : [low, high] };
  }
  const { incumbent, oddsRatio, interval } = numbers;
  if (incumbent.n === 0) return { difference: null, interval: null };
  const bad = incumbent.bad / incumbent.n;
  const sign = higherIs === 'better' ? -1 : 1;
  // `+ 0` because JSON has no −0.
  const shift = (ratio: number): number => sign * ((ratio * bad) / (1 - bad + ratio * bad) - bad) + 0;
  const [low, high] = interval;
  const ends = low === null || high === null ? null : [shift(low), shift(high)].sort((a, b) => a - b);
  return {
    difference: oddsRatio === null ? null : shift(oddsRatio),
    interval: ends === null ? null : [ends[0] ?? 0, ends[1] ?? 0],
  };
}
