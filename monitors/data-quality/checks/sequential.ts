import { createHash } from 'node:crypto';
import { startBudget, stepBudget } from '../../budget';
import type { BudgetPlan, BudgetState, CountedWindows } from '../../budget';
import type { Check, Json } from '../../types';
import type { WatchedFeature } from '../drift/watch';
import { short, tooFew } from './context';
import type { CheckContext } from './context';

/** Part of the false-alarm probability that the baseline's own uncertainty may use up. */
export const BASELINE_SHARE = 0.2;

/** What is carried from window to window; plain JSON. */
interface Memory extends CountedWindows {
  /** Of the plan: with another baseline, or other options, the bets begin anew. */
  readonly plan: string;
  readonly state: BudgetState;
}

export interface Sequential {
  readonly checks: readonly Check[];
  readonly carry: Json;
  readonly settings: Readonly<Record<string, Json>>;
}

/**
 * The test that holds one false-alarm probability over all features and windows: an alarm when the bets against "as in the baseline" have
 * won more than that allows. The key of the window is its beginning, so that one that comes again does not count twice.
 */
export function checkSequentially(
  context: Pick<CheckContext, 'options' | 'rows'>,
  watched: readonly WatchedFeature[],
  given: {
    readonly fromMs: number | null;
    readonly carried: Json | undefined;
    readonly falseAlarmProbability: number;
    readonly counted: CountedWindows;
  }
): Sequential {
  const plan: BudgetPlan = {
    falseAlarmProbability: given.falseAlarmProbability,
    baselineShare: BASELINE_SHARE,
    subjects: watched.map(({ subject }) => subject),
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
  const carried = memoryOf(given.carried);
  const state = carried?.plan === fingerprint ? carried.state : startBudget(plan);
  const key = String(given.fromMs ?? 0).padStart(16, '0');
  const subjects = Object.fromEntries(watched.map(({ subject, window }) => [subject.subject, window]));
  const step = stepBudget(plan, state, { key, subjects });
  const few = tooFew(context);
  const checks = step.evidence.map(({ subject, logE, alarm }): Check => {
    const seen = `evidence e^${short(logE)} after ${step.state.windows} ${step.state.windows === 1 ? 'window' : 'windows'}`;
    const verdict = alarm ? 'fail' : few === null ? 'pass' : 'inconclusive';
    const reason = alarm
      ? `${seen}: not as in the baseline`
      : few === null
        ? `${seen}, e^${short(step.logNeeded)} would be an alarm of this feature alone`
        : `${few}; ${seen}`;
    return {
      subject,
      check: 'sequential_drift_check',
      class: 'guaranteed',
      verdict,
      value: logE,
      interval: null,
      threshold: step.logNeeded,
      reason,
    };
  });
  const memory: Memory = { ...given.counted, plan: fingerprint, state: step.state };
  return {
    checks,
    carry: memory as unknown as Json,
    settings: {
      bets: 'e-BH over features of e-processes over windows',
      ofBetsForBaseline: BASELINE_SHARE,
      toleratedShare: context.options.toleratedShare,
      subjects: watched.length,
      counted: step.counted,
    },
  };
}

/** Own words of an earlier window; whatever else was carried is no memory. */
function memoryOf(carried: Json | undefined): Memory | undefined {
  if (typeof carried !== 'object' || carried === null || !('plan' in carried) || !('state' in carried))
    return undefined;
  return carried as unknown as Memory;
}
