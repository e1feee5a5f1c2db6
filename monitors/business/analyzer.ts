import { alphaOfWindow, budgetSettings, HALF } from '../budget';
import { readIssues } from '../sides/issues';
import type { Analyzer, Json } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { businessSides, digestBusiness, mergeBusiness, minutesOf } from './digest';
import type { Minute } from './digest';
import type { Effect } from './effect';
import { worthOf } from './judge';
import { KNOWN_FILE, knownFile, outcomeOf, readKnown } from './known';
import { parseBusinessOptions } from './options';
import type { BusinessOptions } from './options';
import { eventsUnread } from './unread';
import { judgeMinutes } from './window';

/** Any stream of events joined to calls: against the baseline, and between variants with an effect that holds at every look. */
export const businessAnalyzer: Analyzer<BusinessOptions> = {
  kind: 'business',
  parseOptions: parseBusinessOptions,
  sideInputs: businessSides,
  digest: digestBusiness,
  merge: mergeBusiness,
  async baseline(work, state, options) {
    const unread = eventsUnread(options, await readIssues(state.dir));
    if (unread !== undefined) throw new RangeError(`${unread.reason}.`);
    return { [KNOWN_FILE]: knownFile(await minutesOf(work, state.dir), options) };
  },
  async check(work, state, { options, baseline }) {
    const known = readKnown(baseline.artefacts[KNOWN_FILE], options);
    const minutes = await minutesOf(work, state.dir);
    const issues = await readIssues(state.dir);
    const unread = eventsUnread(options, issues);
    const { checks, effects, carry, before } = judgeMinutes({
      ...{ options, known, carried: work.carried, window: state.window },
      evidence: unread === undefined ? { minutes } : { unread },
    });
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
        issues: [...state.issues, ...issues],
        evidence: state.evidence,
        settings: {
          ...options,
          budget: budgetSettings(checks, {
            ...{ falseAlarm: options.falseAlarm, windows: before + 1 },
            alphaOfEachCheck: alphaOfWindow(options.falseAlarm * HALF, before),
          }),
        },
      },
      ...(carry !== undefined && { carry }),
    };
  },
};

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
