import { formatCount, formatInterval, formatLogE, formatNumber } from '../../guards/wording';
import { alphaOfWindow, HALF, startBudget, stepBudget } from '../budget';
import type { BudgetState } from '../budget';
import { normalUpper } from '../model-quality/numbers';
import type { Check, Json } from '../types';
import type { Effect } from './effect';
import { outcomeOf } from './known';
import type { KnownBusiness } from './known';
import type { Minute } from './digest';
import type { BusinessOptions } from './options';

const LEVEL_Z = 1.959963984540054;

/** The window's calls against the baseline. Rates are bet on over all windows; sums are compared window by window, approximately. */
export function judgeAgainstBaseline(p: {
  readonly options: BusinessOptions;
  readonly known: KnownBusiness;
  readonly minutes: readonly Minute[];
  readonly carried: BudgetState | undefined;
  readonly key: string | null;
  readonly windowsBefore: number;
}): { readonly check: Check; readonly carry: BudgetState | null } {
  const { options, known, minutes, carried, key } = p;
  const live = outcomeOf(minutes, options);
  const error = live.calls > 0 ? Math.sqrt(live.variance / live.calls) : NaN;
  const shown = formatNumber(live.mean);
  const said = `${options.event}: ${shown} per call over ${formatCount(live.calls)} calls, ${formatNumber(known.mean)} in the baseline`;
  const base = {
    subject: options.event,
    check: 'business_baseline_check',
    value: live.calls > 0 ? live.mean : null,
    interval: live.calls > 0 ? ([live.mean - LEVEL_Z * error, live.mean + LEVEL_Z * error] as const) : null,
    threshold: known.mean,
  };
  const few = live.calls < options.leastCalls;
  const needs = `${said}; ${formatCount(options.leastCalls - live.calls)} more calls are needed`;
  if (known.budget !== null && key !== null) {
    const happened = minutes.reduce((sum, minute) => sum + minute.happened, 0);
    const subjects = { calls: { rows: live.calls, counts: [happened] } };
    const step = stepBudget(known.budget, carried ?? startBudget(known.budget), { key, subjects });
    const { logE = 0, alarm = false } = step.evidence[0] ?? {};
    const reason = `${said}; over ${formatCount(step.state.windows)} windows the evidence that it is worse is e = ${formatLogE(logE)} of ${formatLogE(step.logNeeded)}`;
    const verdict = alarm ? 'fail' : few ? 'inconclusive' : 'pass';
    return {
      check: { ...base, verdict, reason: few && !alarm ? needs : reason, extras: { logE, logNeeded: step.logNeeded } },
      carry: step.state,
    };
  }
  const worse = options.higherIs === 'better' ? known.mean - live.mean : live.mean - known.mean;
  const scatter = Math.hypot(error, Math.sqrt(known.variance / Math.max(1, known.calls)));
  const away = scatter > 0 ? worse / scatter : 0;
  const limit = normalUpper(alphaOfWindow(options.falseAlarm * HALF, p.windowsBefore));
  const verdict = few ? 'inconclusive' : away >= limit ? 'fail' : 'pass';
  const reason = few ? needs : `${said}: ${formatNumber(away)} standard errors worse, of ${formatNumber(limit)}`;
  return { check: { ...base, verdict, reason }, carry: null };
}

/** A candidate against the incumbent, as the guards judge it. */
export function judgeEffect({ candidate, verdict, difference, interval }: Effect): Check {
  return {
    subject: candidate,
    check: 'business_effect_check',
    verdict: verdict.kind,
    value: difference,
    interval,
    threshold: 0,
    reason: `${candidate} against the incumbent: ${verdict.reason}`,
    extras: { logE: verdict.numbers.harm.logE, logNeeded: verdict.numbers.harm.needs },
  };
}

/** What the candidate's calls of this window were worth, more or less than the incumbent's would have been. */
export function worthOf(effect: Effect, { worth }: BusinessOptions): Json {
  const scaled = (value: number, factor: number): number => value * factor * worth;
  const { difference, interval, calls } = effect;
  return {
    calls,
    of_window:
      difference === null
        ? null
        : {
            value: scaled(difference, calls),
            interval: interval === null ? null : interval.map((end) => scaled(end, calls)),
          },
    of_thousand_calls:
      difference === null
        ? null
        : {
            value: scaled(difference, 1_000),
            interval: interval === null ? null : interval.map((end) => scaled(end, 1_000)),
          },
    in_words:
      difference === null
        ? 'nothing to compare yet'
        : `${formatNumber(scaled(difference, 1_000))} per thousand calls (${interval === null ? 'no interval yet' : formatInterval([scaled(interval[0], 1_000), scaled(interval[1], 1_000)])})`,
  };
}
