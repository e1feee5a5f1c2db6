/**
 * One false-alarm budget over many subjects (features, metrics, facets) and all windows to come. A subject is watched through
 * *events* that a row does or does not show: "x is at most 3.2", "colour is red", "the prediction is wrong". While nothing has
 * changed, each event's share lies in a range that the baseline gives. Everything here is plain JSON, for a workflow to carry.
 */
export interface WatchedEvent {
  readonly name: string;
  /** Range of the event's share among rows while nothing has changed, ends included. */
  readonly low: number;
  readonly high: number;
}

export interface WatchedSubject {
  readonly subject: string;
  readonly events: readonly WatchedEvent[];
}

/** Fixed before the first window. */
export interface BudgetPlan {
  /** Probability of ever alarming although no subject has changed, over all windows, that is allowed: `baselineShare` of it is spent on the ranges. */
  readonly falseAlarmProbability: number;
  /** Part of the probability, 0–1, that the ranges of all events together were allowed to miss by. */
  readonly baselineShare: number;
  readonly subjects: readonly WatchedSubject[];
}

/** What one window showed of one subject: rows, and how many of them showed each event, in the plan's order. */
export interface WindowCounts {
  readonly rows: number;
  readonly counts: readonly number[];
}

/** The bets on one subject: natural logs, rounded down. */
export interface SubjectState {
  readonly logBets: readonly number[];
}

export interface BudgetState {
  readonly version: 1;
  /** Key of the last window that was counted; a window is counted once and in order. */
  readonly lastKey: string | null;
  readonly windows: number;
  readonly subjects: Readonly<Record<string, SubjectState>>;
}

export interface SubjectEvidence {
  readonly subject: string;
  /** Natural log of the e-value so far. */
  readonly logE: number;
  /** Whether the budget's rule counts it as changed. */
  readonly alarm: boolean;
}

export interface BudgetStep {
  readonly state: BudgetState;
  /** In the plan's order. */
  readonly evidence: readonly SubjectEvidence[];
  /** What the largest log e-value must reach for an alarm: log(subjects/probability). */
  readonly logNeeded: number;
  /** False when the window's key was not after the last one: it was judged before and changes nothing. */
  readonly counted: boolean;
}
