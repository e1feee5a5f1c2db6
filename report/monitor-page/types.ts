/** A report of a monitor as its page shows it: what `report.json` holds of it. */
export interface PageReport {
  readonly monitor: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly rows: { readonly read: number; readonly used: number };
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  readonly checks: readonly PageCheck[];
  readonly issues: readonly PageIssue[];
  readonly evidence: readonly { readonly source: string; readonly bytes: number }[];
  readonly settings: Readonly<Record<string, unknown>>;
}

type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';

export interface PageCheck {
  readonly subject: string;
  readonly check: string;
  readonly verdict: Verdict;
  readonly class?: string;
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly threshold: number | null;
  readonly reason: string;
}

export interface PageIssue {
  readonly kind: string;
  readonly count: number;
  readonly unused: number;
  readonly first: { readonly source: string; readonly line: number | null; readonly note?: string };
}

/** How values are spread: numbers over ranges, or names with their share. Shares are of the values that are there. */
export type Distribution =
  | {
      readonly kind: 'numbers';
      readonly bars: readonly { readonly from: number; readonly to: number; readonly share: number }[];
    }
  | { readonly kind: 'names'; readonly bars: readonly { readonly name: string; readonly share: number }[] };

/** One feature before and now; null where a side is not known. */
export interface PageFeature {
  readonly name: string;
  readonly baseline: Distribution | null;
  readonly current: Distribution | null;
}

/** A judged window among others, oldest first. */
export interface PageWindow {
  readonly toMs: number;
  readonly verdict: Verdict;
  readonly checks: readonly PageCheck[];
}

export interface PagePart {
  readonly report: PageReport;
  readonly features: readonly PageFeature[];
  /** What came before the report; empty where there is no history. */
  readonly history: readonly PageWindow[];
}
