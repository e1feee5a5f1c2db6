import type {
  Consequence,
  MonitorNews,
  MonitorRequest,
  MonitorTarget,
  MonitorVerdict,
  RetrainingRequest,
  RetrainingResult,
  RetrainingRun,
  Served,
  Window,
  WindowOutcome,
} from '../../rollout';
import type { RolloutSpec } from '../../spec/types';

/** One window to be judged. */
export interface WindowRun {
  readonly request: MonitorRequest;
  readonly target: JudgedModel;
  readonly window: Window;
  /** `correction`: it was judged before; nothing that remembers hears of it. `candidate`: evidence for the guards of a rollout. */
  readonly purpose: 'regular' | 'correction' | 'candidate';
}

/** Whose answers are judged, against what. */
export interface JudgedModel {
  readonly variant: string;
  readonly version: string;
  readonly baseline: string | null;
}

/** What was kept of a window: `outcome.json` beside its report. */
export interface KeptWindow {
  readonly schema: 1;
  readonly target: JudgedModel;
  readonly outcome: WindowOutcome;
  /** How it was judged before objects came late, oldest first. */
  readonly before: readonly { readonly verdict: MonitorVerdict; readonly output: string; readonly atMs: number }[];
}

/** What the run of a monitor asks of the outside. */
export interface MonitorRunActivities {
  /** Whom the endpoint's owner says that the run is about. */
  monitorTarget(input: { readonly endpoint: string; readonly kind: string }): Promise<MonitorTarget>;
  /** Windows that were judged on fewer objects than there are now, and windows that nobody has judged. */
  lookAround(input: {
    readonly request: MonitorRequest;
    readonly nominalMs: number;
  }): Promise<{ readonly late: readonly KeptWindow[]; readonly missing: readonly Window[] }>;
  /** Judges one window, keeps what came of it, and publishes its numbers. */
  judgeWindow(input: WindowRun): Promise<WindowOutcome>;
  /** Tells the endpoint's owner, who answers with what follows. `key` makes a repetition harmless. */
  tellOwner(input: {
    readonly endpoint: string;
    readonly searchAttributes: boolean;
    readonly news: MonitorNews;
    readonly key: string;
  }): Promise<readonly Consequence[]>;
  /** Posts an alert. Fails where nobody takes it. */
  postAlert(input: { readonly url: string; readonly alert: MonitorAlert }): Promise<void>;
}

/** What a webhook gets. */
export interface MonitorAlert {
  readonly endpoint: string;
  readonly monitor: string;
  readonly kind: string;
  readonly served: Served | null;
  readonly isCorrection: boolean;
  readonly outcome: WindowOutcome;
}

/** What the owner of an endpoint asks for its monitors. */
export interface OwnerActivities {
  /** Brings the schedules of the endpoint's monitors to what its file says; the sentence says what was done. */
  applySchedules(input: { readonly spec: RolloutSpec; readonly searchAttributes: boolean }): Promise<string>;
}

/** What making a new model asks of the outside. */
export interface RetrainingActivities {
  askForModel(input: RetrainingRequest): Promise<RetrainingResult>;
  /** Starts the job, or finds it; waits until it has left its model. */
  trainModel(input: RetrainingRun): Promise<RetrainingResult>;
}
