/** A rollout as it is planned, in words and numbers; renderers only lay it out. Plain JSON. */
export interface RolloutPlanView {
  readonly file: string;
  readonly endpoint: string;
  /** The rollout as one line. */
  readonly headline: string;
  /** What the numbers rest on, in words. */
  readonly basis: string;
  readonly changes: readonly PlannedChange[];
  readonly steps: readonly PlannedStep[];
  readonly total: {
    readonly expectedMs: number;
    readonly atMostMs: number;
    readonly looks: number;
    readonly actions: number;
    /** Most instances at once. */
    readonly peak: number;
  };
  readonly cost: CostView;
  /** What a rollback returns to, and how. */
  readonly wayBack: string;
  /** What each guard will show, where it holds its first and its last share. */
  readonly power: readonly string[];
  readonly findings: readonly PlanFinding[];
}

export interface PlannedChange {
  readonly change: 'creates' | 'changes' | 'keeps' | 'deletes';
  readonly when: 'now' | 'at the end';
  readonly what: string;
}

export interface PlannedStep {
  readonly label: string;
  readonly stage: number | null;
  /** Percent of the live requests that candidates answer during it. */
  readonly sharePct: number;
  readonly copyPct: number;
  /** From the beginning of the rollout, if all goes as expected. */
  readonly fromMs: number;
  readonly expectedMs: number;
  /** Its time is up before it is expected to decide, or when it would is not foretold. */
  readonly isLate: boolean;
  /** What the file allows; null where it says nothing. */
  readonly atMostMs: number | null;
  /** `2 × v7 + 1 × v8`. */
  readonly instances: string;
  /** Another set of variants, or a rewrite: a fleet change. Null when weights suffice, or nothing moves. */
  readonly transition: Transition | null;
}

export interface Transition {
  /** `single → pair`. */
  readonly topology: string;
  /** Instances while the old and the new fleet are up together. */
  readonly peak: number;
  readonly wayBack: string;
}

export interface CostView {
  readonly instanceHours: readonly { readonly type: string; readonly expected: number; readonly atMost: number }[];
  /** Beside the fleet that serves anyway; null when a price is unknown. */
  readonly extra: { readonly expected: number; readonly atMost: number; readonly currency: string } | null;
  /** What the endpoint costs an hour before and after the rollout; null where there is none, or a price is unknown. */
  readonly perHour: { readonly before: number | null; readonly after: number | null; readonly currency: string };
  /** Types whose price is not in the table. */
  readonly unknown: readonly string[];
  /** Date and source of the prices. */
  readonly basis: string;
}

export interface PlanFinding {
  /** `error`: the rollout would be refused, or fail. `warning`: it would go, and not do what it is for. `note`: good to know. */
  readonly level: 'error' | 'warning' | 'note';
  /** `stages[0].canary`; empty for the file as a whole. */
  readonly place: string;
  readonly what: string;
  readonly remedy: string;
}
