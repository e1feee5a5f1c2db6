/** What a system monitor judges: plain rows, whoever has read them. Times in milliseconds since the epoch. */
export interface SystemEvidence {
  readonly endpoint: string;
  /** Half open. */
  readonly window: { readonly fromMs: number; readonly toMs: number };
  readonly variants: readonly VariantEvidence[];
  readonly activities: readonly ScalingActivity[];
  /** Null: nobody looked. */
  readonly pipeline: PipelineEvidence | null;
}

export interface VariantEvidence {
  readonly variant: string;
  readonly instances: { readonly current: number; readonly desired: number };
  /** Null when it is not scaled. `target`: invocations of an instance and minute that it is scaled by; null when by something else. */
  readonly scaling: { readonly min: number; readonly max: number; readonly target: number | null } | null;
  readonly minutes: readonly MinuteMetrics[];
  /** Null where data capture is off. Share of requests that is to be captured, 0–1. */
  readonly sampling: number | null;
}

/** One minute of one variant; null where CloudWatch has no data point. */
export interface MinuteMetrics {
  readonly atMs: number;
  readonly invocations: number;
  readonly errors4xx: number;
  readonly errors5xx: number;
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number } | null;
  readonly overheadP99Ms: number | null;
  /** As CloudWatch has it: 100 for each core that is busy. */
  readonly cpuPct: number | null;
  readonly memoryPct: number | null;
  readonly diskPct: number | null;
  readonly invocationsPerInstance: number | null;
  /** Containers that were set up for a request (serverless). */
  readonly coldStarts: number;
  /** Records that data capture stored of this minute's requests; null where nobody counted. */
  readonly captured: number | null;
}

export interface ScalingActivity {
  readonly variant: string;
  readonly startMs: number;
  readonly endMs: number | null;
  /** Application Auto Scaling's own word: `Successful`, `Failed`, … */
  readonly status: string;
  readonly cause: string;
}

/** The monitors and batches themselves. */
export interface PipelineEvidence {
  readonly runs: readonly {
    readonly name: string;
    readonly dueMs: number;
    readonly startedMs: number | null;
    readonly endedMs: number | null;
    readonly status: 'completed' | 'failed' | 'running' | 'missed';
  }[];
  readonly workers: readonly {
    readonly taskQueue: string;
    readonly pollers: number;
    readonly backlog: number | null;
  }[];
  readonly schedules: readonly {
    readonly id: string;
    readonly paused: boolean;
    readonly missedCatchUp: number;
    readonly skippedOverlap: number;
  }[];
}

/** Limits of a person's choice; null: only the baseline is the limit. */
export interface SystemLimits {
  readonly errorsPct: number | null;
  readonly p99Ms: number | null;
  /** Busy share of one instance's cores; needs `vCpus`, since CloudWatch counts 100 for each core. */
  readonly cpuPct: number;
  readonly vCpus: number | null;
  readonly memoryPct: number;
  readonly diskPct: number;
  /** Requests that may meet a cold start. */
  readonly coldStartPct: number | null;
  /** Scaling activities of one variant in an hour. */
  readonly scalingsPerHour: number;
  /** Captured records that may be missing. */
  readonly captureLossPct: number;
  /** How late a run may start. */
  readonly lateMs: number;
  /** How much of what was before its first window is the baseline. */
  readonly historyMs: number;
  /** Requests below which rates conclude nothing. */
  readonly leastRequests: number;
  /** Probability of a false alarm of all checks against the baseline together, in one window. */
  readonly falseAlarm: number;
}

/** From a history of minutes. Plain JSON. */
export interface SystemBaseline {
  readonly schema: 1;
  readonly endpoint: string;
  readonly window: SystemEvidence['window'];
  readonly requests: number;
  readonly errors4xx: number;
  readonly errors5xx: number;
  readonly coldStarts: number;
  /** The value that 99 % of its minutes stay at or below, and how many minutes there were; null without any. */
  readonly usual: Readonly<Record<UsualMetric, { readonly q99: number; readonly minutes: number } | null>>;
}

export type UsualMetric = 'p50Ms' | 'p99Ms' | 'overheadP99Ms' | 'cpuPct' | 'memoryPct';
