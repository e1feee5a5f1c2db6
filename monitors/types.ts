import type { DuckDBConnection } from '@duckdb/node-api';
import type { VerdictKind } from '../guards';
import type { MonitorKindName, PlainJson } from '../spec/monitor-types';
import type { DataIssue, Dataset, SourceKey } from './data/types';

/** Words that all monitors share. Whatever leaves a monitor is plain JSON. */

export { MONITOR_KINDS } from '../spec/monitor-types';
export type MonitorKind = MonitorKindName;

/** JSON has no infinity: SageMaker's files, and ours, say `"Infinity"`, `"-Infinity"` and `"NaN"`. */
export type Json = PlainJson;

/**
 * What a verdict's false alarms are worth. `guaranteed`: within the monitor's budget over all subjects and windows, for every distribution. `approximate`: within it,
 * as far as a normal (or another stated) approximation holds. `threshold`: a limit, crossed by chance as often as data happen to cross it; outside of the budget.
 */
export type CheckClass = 'guaranteed' | 'approximate' | 'threshold';

/** One question that a monitor asked of the data, with its answer in numbers. */
export interface Check {
  /** What was looked at: a feature, a metric, `facet=value`. */
  readonly subject: string;
  /** SageMaker's `constraint_check_type` where it has one, else ours, in the same form. */
  readonly check: string;
  readonly verdict: VerdictKind;
  /** In a report each check has one. */
  readonly class?: CheckClass;
  readonly value: number | null;
  /** Confidence interval of `value`, ends included; null where none is known. `settings` of the report say its level. */
  readonly interval: readonly [number, number] | null;
  /** What the verdict compared with; null where it is no single number. */
  readonly threshold: number | null;
  /** One sentence with its numbers; for `inconclusive` also how much more is needed. */
  readonly reason: string;
  /** Whatever else a reader or a program may want, such as the value that a peer would have given. */
  readonly extras?: Readonly<Record<string, Json>>;
}

/** Ours, beside SageMaker's files: everything that was checked, not only what was violated. Same input, same bytes. */
export interface MonitorReport {
  readonly schema: 1;
  readonly monitor: MonitorKind;
  /** The worst of the checks: `fail`, then `error`, then `inconclusive`, then `pass`. Too few rows are `inconclusive`. */
  readonly verdict: VerdictKind;
  readonly reason: string;
  readonly rows: { readonly read: number; readonly used: number };
  /** The window of inference times that was judged, milliseconds since the epoch; null for data without times. */
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  readonly checks: readonly Check[];
  readonly issues: readonly DataIssue[];
  readonly evidence: readonly SourceKey[];
  /** Seeds, resamples, levels, false-alarm budget: all that is needed to come to the same numbers again. */
  readonly settings: Readonly<Record<string, Json>>;
}

/**
 * By file name: `statistics.json`, `constraints.json`, `constraint_violations.json`, `analysis.json`, … in SageMaker's shapes. A text is the
 * whole of a file that is no JSON (`explanations_shap/out.csv`).
 */
export type Artefacts = Readonly<Record<string, Json>>;

/** What came of a check: the files, and the report that is written beside them as `report.json`. */
export interface Checked {
  readonly artefacts: Artefacts;
  readonly report: MonitorReport;
  /** For `Work.carried` of the next window, where a monitor has a memory (online detectors, e-processes); plain JSON of bounded size. */
  readonly carry?: Json;
}

/** Objects beside the dataset that a monitor reads too: labels, business events. They are not sharded: every shard sees them all. */
export interface SideInput {
  /** Name under which they come back in `Work.sides`. */
  readonly name: string;
  /** An `s3://…` prefix, a folder, or a file. */
  readonly from: string;
  /** Objects by the hour in their key (`…/yyyy/mm/dd/hh/…`), half open; those of all hours where this is null. */
  readonly hours: { readonly fromMs: number; readonly toMs: number } | null;
}

/** One object of a side input, on this machine. */
export interface SideObject {
  readonly path: string;
  readonly key: SourceKey;
  /** When S3 took it in, milliseconds since the epoch; null when that is not known. */
  readonly arrivedMs: number | null;
}

/** A mistake in what a person asked a monitor to do. All are reported at once. */
export interface OptionProblem {
  readonly option: string;
  readonly what: string;
  readonly remedy: string;
}

/** Answers rows as the model would, in the same order; never an endpoint that serves people. Bounded by its own budget. */
export interface ModelCaller {
  /** @param rows features in the order of the dataset's feature columns. Rejects when the budget of calls is spent. */
  predict(rows: readonly (readonly string[])[]): Promise<readonly (readonly number[])[]>;
}

/** What an analyzer works with. */
export interface Work {
  readonly db: DuckDBConnection;
  /** Says how far it is, and that it lives. */
  progress(done: number, total: number | null, unit: string): void;
  /** Only `attribution` asks for it. */
  readonly model?: ModelCaller;
  /** A folder that outlives a killed attempt on this machine: what cost much is kept there. */
  readonly resumeDir?: string;
  /** What `sideInputs` asked for, by name and in order of keys. Local files are found without it. */
  readonly sides?: Readonly<Record<string, readonly SideObject[]>>;
  /** When the world was read, milliseconds since the epoch: what is not there by now is missing so far. Absent for data without times. */
  readonly asOfMs?: number;
  /** `carry` of the last window's check, where there was one. A window that is checked again is given what it was given first, and its `carry` is dropped. */
  readonly carried?: Json;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/**
 * One kind of monitor. Its state is a folder of *tallies* (Parquet tables of distinct tuples with their count, ADR 8): merging is
 * adding, so N shards come to the same bytes as one.
 */
export interface Analyzer<Options = unknown> {
  readonly kind: MonitorKind;
  /** Reads options as they stand in a file or on the command line. */
  parseOptions(
    raw: Readonly<Record<string, Json>>
  ): { readonly options: Options } | { readonly problems: readonly OptionProblem[] };
  /** What it reads beside the dataset; absent: nothing. */
  sideInputs?(
    options: Options,
    when: { readonly window: MonitorReport['window']; readonly asOfMs: number | null }
  ): readonly SideInput[];
  /** Reads one shard and leaves its state in `dir`, an empty folder. */
  digest(work: Work, dataset: Dataset, how: { readonly options: Options; readonly dir: string }): Promise<void>;
  /** Joins the states of `from`, in that order, into `to`, an empty folder, as if one analyzer had read all. */
  merge(work: Work, from: readonly string[], to: string): Promise<void>;
  /** SageMaker's `statistics.json` and `constraints.json` (or what stands for them) of a state, and what else a later check needs. */
  baseline(work: Work, state: State, options: Options): Promise<Artefacts>;
  /** Judges a state against a baseline that `baseline`, or SageMaker itself, has written. */
  check(
    work: Work,
    state: State,
    how: { readonly options: Options; readonly baseline: BaselineFiles }
  ): Promise<Checked>;
}

/** What was digested: the folder with the tallies, and what is known of the reading itself. */
export interface State {
  readonly dir: string;
  readonly rows: MonitorReport['rows'];
  readonly window: MonitorReport['window'];
  readonly issues: readonly DataIssue[];
  readonly evidence: readonly SourceKey[];
}

/** A baseline: its JSON files, and the folder with the state that they were made from; null where only SageMaker's files exist. */
export interface BaselineFiles {
  readonly artefacts: Artefacts;
  readonly stateDir: string | null;
}
