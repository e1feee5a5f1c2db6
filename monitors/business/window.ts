import type { GuardState } from '../../guards';
import { alphaOfWindow, classed, countWindow, HALF } from '../budget';
import type { BudgetState, CountedWindows } from '../budget';
import type { Check, Json, MonitorReport } from '../types';
import type { Minute } from './digest';
import { effectPlan, followEffect } from './effect';
import type { Effect } from './effect';
import { judgeAgainstBaseline, judgeEffect } from './judge';
import type { KnownBusiness } from './known';
import type { BusinessOptions } from './options';

/** What is carried: bets against the baseline, and one guard a candidate. */
interface Carried extends CountedWindows {
  readonly version: 1;
  readonly budget: BudgetState | null;
  readonly effects: Readonly<Record<string, GuardState>>;
}

export interface JudgedMinutes {
  readonly checks: readonly Check[];
  readonly effects: readonly Effect[];
  /** Absent where there is nothing to remember. */
  readonly carry?: Json;
  /** Windows that were judged before this one. */
  readonly before: number;
}

/** A window's calls against the baseline and between the variants. Where its events could not all be read nothing is judged, and nothing of the budget is spent. */
export function judgeMinutes(p: {
  readonly options: BusinessOptions;
  readonly known: KnownBusiness;
  readonly carried: Json | undefined;
  readonly window: MonitorReport['window'];
  readonly evidence: { readonly minutes: readonly Minute[] } | { readonly unread: Check };
}): JudgedMinutes {
  const { options, known, window, evidence } = p;
  const rates = options.measure === 'happened' ? 'guaranteed' : 'approximate';
  const classes = { business_baseline_check: rates, business_effect_check: rates } as const;
  const { before, counted } = countWindow(p.carried, window);
  if ('unread' in evidence)
    return {
      ...{ checks: classed([evidence.unread], classes), effects: [], before },
      ...(p.carried !== undefined && { carry: p.carried }),
    };
  const { minutes } = evidence;
  const carried = readCarried(p.carried);
  const against = judgeAgainstBaseline({
    ...{ options, known, minutes },
    carried: carried?.budget ?? undefined,
    key: window === null ? null : new Date(window.toMs).toISOString(),
    windowsBefore: before,
  });
  const candidates = candidatesOf(minutes, options);
  // In the order in which they came: nobody knows how many will.
  const all = [...new Set([...Object.keys(carried?.effects ?? {}), ...candidates])];
  const effects = candidates.map((candidate) => {
    const alpha = alphaOfWindow(options.falseAlarm * HALF, all.indexOf(candidate));
    const plan = effectPlan(options, { mean: known.mean, n: known.calls }, alpha);
    return followEffect({ options, plan, carried: carried?.effects[candidate], candidate, minutes });
  });
  const carry: Carried = {
    version: 1,
    ...counted,
    budget: against.carry,
    effects: { ...carried?.effects, ...Object.fromEntries(effects.map((one) => [one.candidate, one.state])) },
  };
  const checks = classed([against.check, ...effects.map(judgeEffect)], classes);
  return { checks, effects, carry: carry as unknown as Json, before };
}

const candidatesOf = (minutes: readonly Minute[], { incumbent }: BusinessOptions): readonly string[] =>
  incumbent === null
    ? []
    : [...new Set(minutes.map(({ variant }) => variant))].filter((one) => one !== incumbent).sort();

function readCarried(carried: Json | undefined): Carried | undefined {
  const kept = carried as unknown as Carried | undefined;
  return kept?.version === 1 ? kept : undefined;
}
