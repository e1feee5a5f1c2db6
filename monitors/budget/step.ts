import { betsOf, logRatio } from './bets';
import { rejectByEBh } from './e-bh';
import type { BudgetPlan, BudgetState, BudgetStep, SubjectState, WatchedSubject, WindowCounts } from './types';

/** Stands for log 0: JSON has no infinity. */
const NOTHING = -1e300;

export function startBudget(plan: BudgetPlan): BudgetState {
  const subjects = Object.fromEntries(
    plan.subjects.map((subject) => [subject.subject, { logBets: betsOf(subject).map(() => NOTHING) }])
  );
  return { version: 1, lastKey: null, windows: 0, subjects };
}

/**
 * Counts one window. Keys sort in the order of time (ISO-8601 or zero-padded); one that is not after the last changes nothing, so
 * that a window which is judged again with late data does not count twice. A subject that the window lacks keeps its bets.
 *
 * What is promised: if rows are independent draws and no subject has changed, P(any alarm, ever) ≤ `falseAlarmProbability`:
 * the ranges miss with at most `baselineShare` of it; given that they hold, each subject's wealth is a test supermartingale
 * (likelihood ratios of binomial counts, mixed over events, sides, sizes and onsets), an alarm is e-BH on the stopped e-values, and
 * the first alarm is a stopping time.
 */
export function stepBudget(
  plan: BudgetPlan,
  state: BudgetState,
  window: { readonly key: string; readonly subjects: Readonly<Record<string, WindowCounts>> }
): BudgetStep {
  const alpha = plan.falseAlarmProbability * (1 - plan.baselineShare);
  const logNeeded = Math.log(Math.max(1, plan.subjects.length) / alpha);
  const counted = state.lastKey === null || window.key > state.lastKey;
  const next = counted ? advance(plan, state, window) : state;
  const logEs = plan.subjects.map(({ subject }) => logEOf(next, subject));
  const alarms = rejectByEBh(logEs, alpha);
  const evidence = plan.subjects.map(({ subject }, i) => ({
    subject,
    logE: logEs[i] ?? 0,
    alarm: alarms[i] ?? false,
  }));
  return { state: next, evidence, logNeeded, counted };
}

function advance(
  plan: BudgetPlan,
  state: BudgetState,
  window: { readonly key: string; readonly subjects: Readonly<Record<string, WindowCounts>> }
): BudgetState {
  const windows = state.windows + 1;
  const subjects = Object.fromEntries(
    plan.subjects.map((subject) => {
      const seen = Object.hasOwn(window.subjects, subject.subject) ? window.subjects[subject.subject] : undefined;
      const before = own(state, subject.subject);
      return [subject.subject, bet(subject, before, { windows, seen: seen ?? { rows: 0, counts: [] } })];
    })
  );
  return { version: 1, lastKey: window.key, windows, subjects };
}

/**
 * In window t, 1/(t(t+1)) of the starting wealth is put on the bets, so that 1/(t+1) is left for changes that begin later; what
 * was put before keeps running.
 */
function bet(
  subject: WatchedSubject,
  before: SubjectState | undefined,
  { windows: t, seen }: { readonly windows: number; readonly seen: WindowCounts }
): SubjectState {
  const bets = betsOf(subject);
  const put = -Math.log(t * (t + 1)) - Math.log(bets.length);
  const logBets = bets.map((each, i) => roundDown(logAdd(before?.logBets[i] ?? NOTHING, put) + logRatio(each, seen)));
  return { logBets };
}

/** e-value of one subject: what was not yet bet, and the bets. */
function logEOf(state: BudgetState, subject: string): number {
  const bets = own(state, subject)?.logBets ?? [];
  // A subject that nothing can be bet on, such as a column without values, is worth what it began with.
  if (bets.length === 0) return 0;
  return bets.reduce(logAdd, -Math.log(state.windows + 1));
}

const own = (state: BudgetState, subject: string): SubjectState | undefined =>
  Object.hasOwn(state.subjects, subject) ? state.subjects[subject] : undefined;

function logAdd(a: number, b: number): number {
  const most = Math.max(a, b);
  return most <= NOTHING ? NOTHING : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

/** Fewer digits to carry; downwards, so that rounding never adds evidence. */
const roundDown = (log: number): number => (log <= -1e6 ? NOTHING : Math.floor(log * 1e4) / 1e4);
