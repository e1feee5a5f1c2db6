import type { GuardState } from '../../guards';
import { alphaOfWindow, budgetSettings, classed, countWindow, HALF } from '../budget';
import type { BudgetState, CountedWindows } from '../budget';
import { readIssues } from '../sides/issues';
import type { Analyzer, Json } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { businessSides, digestBusiness, mergeBusiness, minutesOf } from './digest';
import type { Minute } from './digest';
import { effectPlan, followEffect } from './effect';
import type { Effect } from './effect';
import { judgeAgainstBaseline, judgeEffect, worthOf } from './judge';
import { KNOWN_FILE, knownFile, outcomeOf, readKnown } from './known';
import { parseBusinessOptions } from './options';
import type { BusinessOptions } from './options';

/** What is carried: bets against the baseline, and one guard a candidate. */
interface Carried extends CountedWindows {
  readonly version: 1;
  readonly budget: BudgetState | null;
  readonly effects: Readonly<Record<string, GuardState>>;
}

/** Any stream of events joined to calls: against the baseline, and between variants with an effect that holds at every look. */
export const businessAnalyzer: Analyzer<BusinessOptions> = {
  kind: 'business',
  parseOptions: parseBusinessOptions,
  sideInputs: businessSides,
  digest: digestBusiness,
  merge: mergeBusiness,
  async baseline(work, state, options) {
    return { [KNOWN_FILE]: knownFile(await minutesOf(work, state.dir), options) };
  },
  async check(work, state, { options, baseline }) {
    const known = readKnown(baseline.artefacts[KNOWN_FILE], options);
    const minutes = await minutesOf(work, state.dir);
    const carried = readCarried(work.carried);
    const { before, counted } = countWindow(work.carried, state.window);
    const key = state.window === null ? null : new Date(state.window.toMs).toISOString();
    const against = judgeAgainstBaseline({
      options,
      known,
      minutes,
      carried: carried?.budget ?? undefined,
      key,
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
    const rates = options.measure === 'happened' ? 'guaranteed' : 'approximate';
    const checks = classed([against.check, ...effects.map(judgeEffect)], {
      business_baseline_check: rates,
      business_effect_check: rates,
    });
    const carry: Carried = {
      version: 1,
      ...counted,
      budget: against.carry,
      effects: { ...carried?.effects, ...Object.fromEntries(effects.map((one) => [one.candidate, one.state])) },
    };
    const failed = checks.filter(({ verdict }) => verdict === 'fail');
    return {
      artefacts: {
        [KNOWN_FILE]: summaryFile(minutes, effects, options),
        'constraint_violations.json': {
          violations: failed.map(({ subject, check, reason }) => ({
            metric_name: subject,
            constraint_check_type: check,
            description: reason,
          })),
        },
      },
      report: {
        schema: 1,
        monitor: 'business',
        verdict: worstVerdict(checks),
        reason: summaryOf(checks),
        rows: { read: state.rows.read, used: minutes.reduce((sum, { calls }) => sum + calls, 0) },
        window: state.window,
        checks,
        issues: [...state.issues, ...(await readIssues(state.dir))],
        evidence: state.evidence,
        settings: {
          ...options,
          budget: budgetSettings(checks, {
            ...{ falseAlarm: options.falseAlarm, windows: before + 1 },
            alphaOfEachCheck: alphaOfWindow(options.falseAlarm * HALF, before),
          }),
        },
      },
      carry: carry as unknown as Json,
    };
  },
};

const candidatesOf = (minutes: readonly Minute[], { incumbent }: BusinessOptions): readonly string[] =>
  incumbent === null
    ? []
    : [...new Set(minutes.map(({ variant }) => variant))].filter((one) => one !== incumbent).sort();

function summaryFile(minutes: readonly Minute[], effects: readonly Effect[], options: BusinessOptions): Json {
  const variants = [...new Set(minutes.map(({ variant }) => variant))].sort();
  return {
    schema: 1,
    event: options.event,
    measure: options.measure,
    variants: Object.fromEntries(
      variants.map((name) => [
        name,
        {
          ...outcomeOf(
            minutes.filter(({ variant }) => variant === name),
            options
          ),
        },
      ])
    ),
    effects: Object.fromEntries(
      effects.map((effect) => [
        effect.candidate,
        { difference: effect.difference, interval: effect.interval, worth: worthOf(effect, options) },
      ])
    ),
  };
}

function readCarried(carried: Json | undefined): Carried | undefined {
  const kept = carried as unknown as Carried | undefined;
  return kept?.version === 1 ? kept : undefined;
}
