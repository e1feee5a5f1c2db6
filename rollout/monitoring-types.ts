import type { MonitorSpec, RolloutSpec, ViolationPolicy } from '../spec/types';
import type { Served } from './result-types';

/** Half open, milliseconds since the epoch. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a monitor has to know of the file that it stands in. No model: the incumbent is asked for when a run starts. */
export type MonitoredSpec = Pick<
  RolloutSpec,
  'endpoint' | 'aws' | 'capture' | 'schema' | 'groundTruth' | 'events' | 'baseline'
>;

/** A run of a monitor, as its schedule or a person asks for it. */
export interface MonitorRequest {
  readonly monitor: MonitorSpec;
  readonly of: MonitoredSpec;
  /** Set by a person; a schedule's run has its nominal time from Temporal. */
  readonly nominalMs: number | null;
  readonly searchAttributes: boolean;
}

/** How SageMaker's jobs for a monitor are made. */
export interface MonitorJobs {
  readonly endpoint: string;
  readonly monitor: string;
  readonly roleArn: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  /** Absent: SageMaker's own of the region. */
  readonly image?: string;
  /** Prefix of the labels; absent: the file has none. */
  readonly groundTruth?: string;
  /** Where the answer stands in captured responses: a JSONPath, or a column of CSV. Absent: its first column. */
  readonly answer?: string;
  /** The model that is asked for attributions. */
  readonly model?: { readonly name: string; readonly instanceType: string };
  readonly tags: Readonly<Record<string, string>>;
}

/** What a monitor's run is about, as the endpoint's owner said when it started. */
export interface MonitorTarget {
  /** Null: nothing serves. */
  readonly served: Served | null;
  /** Prefix of the baseline of what serves; null where there is none. */
  readonly baseline: string | null;
  /** The rollout that runs; null: none. */
  readonly rollout: {
    readonly id: string;
    readonly isWatching: boolean;
    readonly candidates: readonly string[];
  } | null;
}

export type MonitorVerdict = 'pass' | 'fail' | 'inconclusive' | 'error';

/** What came of one window. */
export interface WindowOutcome {
  readonly window: Window;
  readonly verdict: MonitorVerdict;
  readonly reason: string;
  readonly rows: { readonly read: number; readonly used: number };
  readonly violations: readonly { readonly subject: string; readonly check: string; readonly reason: string }[];
  readonly violationCount: number;
  /** Prefix of the report and its artefacts. */
  readonly output: string;
  /** Two windows with the same one have read the same objects; null where nothing was read. */
  readonly sha256: string | null;
}

/** A window that was judged before, and again because objects have come since. */
export interface Correction {
  readonly window: Window;
  readonly before: MonitorVerdict;
  readonly after: MonitorVerdict;
  readonly reason: string;
  readonly output: string;
}

/** What a monitor workflow returns. */
export interface MonitorResult {
  readonly endpoint: string;
  readonly monitor: string;
  readonly kind: MonitorSpec['kind'];
  readonly engine: MonitorSpec['engine'];
  readonly nominalMs: number;
  readonly served: Served | null;
  readonly outcome: WindowOutcome;
  /** Windows of earlier runs that did not come to their end, oldest first. */
  readonly madeUpFor: readonly WindowOutcome[];
  readonly corrections: readonly Correction[];
  /** What candidates of a running rollout showed, by name. */
  readonly candidates: Readonly<Record<string, WindowOutcome>>;
  /** What the violation led to. */
  readonly consequences: readonly Consequence[];
}

export interface Consequence {
  readonly policy: ViolationPolicy;
  /** Null where it followed; else why it did not. */
  readonly heldBack: string | null;
  readonly what: string;
}

/** What the endpoint's owner remembers of one monitor. */
export interface MonitorMemory {
  readonly name: string;
  readonly kind: MonitorSpec['kind'];
  readonly last: WindowOutcome;
  readonly atMs: number;
  /** When each consequence followed last. */
  readonly followedMs: Readonly<Partial<Record<ViolationPolicy, number>>>;
}

/** News of a monitor for the endpoint's owner, who remembers the last and decides what follows. */
export interface MonitorNews {
  readonly name: string;
  readonly kind: MonitorSpec['kind'];
  readonly outcome: WindowOutcome;
  /** Of a violation; nothing follows from a correction but an alert. */
  readonly policies: readonly ViolationPolicy[];
  readonly cooldownMs: number;
  readonly isCorrection: boolean;
}
