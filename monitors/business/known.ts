import { chernoffRange, HALF } from '../budget';
import type { BudgetPlan } from '../budget';
import type { Json } from '../types';
import type { Minute } from './digest';
import type { BusinessOptions } from './options';

export const KNOWN_FILE = 'business.json';

/** What calls came to, per call. */
export interface Outcome {
  readonly calls: number;
  readonly mean: number;
  readonly variance: number;
}

/** What a check wants to know of the baseline. */
export interface KnownBusiness extends Outcome {
  /** Bets over all windows that the event happens less often (or, where it is a harm, more often); null for sums of values. */
  readonly budget: BudgetPlan | null;
}

const BASELINE_SHARE = 0.1;

export function outcomeOf(minutes: readonly Minute[], { measure }: Pick<BusinessOptions, 'measure'>): Outcome {
  const calls = minutes.reduce((total, minute) => total + minute.calls, 0);
  const sum = minutes.reduce((total, minute) => total + (measure === 'happened' ? minute.happened : minute.sum), 0);
  const squares = minutes.reduce(
    (total, minute) => total + (measure === 'happened' ? minute.happened : minute.squares),
    0
  );
  const mean = calls > 0 ? sum / calls : 0;
  return { calls, mean, variance: calls > 1 ? Math.max(0, (squares - calls * mean * mean) / (calls - 1)) : 0 };
}

export function knownFile(minutes: readonly Minute[], options: BusinessOptions): Json {
  const outcome = outcomeOf(minutes, options);
  return {
    schema: 1,
    event: options.event,
    measure: options.measure,
    ...outcome,
    budget: options.measure === 'value' || outcome.calls === 0 ? null : { ...budgetOf(outcome, options) },
  };
}

function budgetOf({ calls, mean }: Outcome, { falseAlarm, higherIs }: BusinessOptions) {
  const [low, high] = chernoffRange(Math.round(mean * calls), calls, falseAlarm * HALF * BASELINE_SHARE);
  // Nothing is bet on the side that is good news.
  const range = higherIs === 'better' ? { low, high: 1 } : { low: 0, high };
  return {
    falseAlarmProbability: falseAlarm * HALF,
    baselineShare: BASELINE_SHARE,
    subjects: [{ subject: 'calls', events: [{ name: 'happened', ...range }] }],
  };
}

/** Throws `RangeError` for a baseline of something else. */
export function readKnown(file: Json | undefined, { event, measure }: BusinessOptions): KnownBusiness {
  const known = file as
    (KnownBusiness & { readonly schema: number; readonly event: string; readonly measure: string }) | undefined;
  if (known?.schema !== 1) throw new RangeError(`the baseline has no ${KNOWN_FILE} of schema 1`);
  if (known.event !== event || known.measure !== measure)
    throw new RangeError(`the baseline is of ${known.event} (${known.measure}), not of ${event} (${measure})`);
  return known;
}
