import type { Json, MonitorKind, MonitorReport } from '../../monitors/types';
import type { MonitorJobs } from '../../rollout';
import type { ColumnPath, DataFormat } from '../../monitors/data/types';

/** What a monitor reads. All URIs are `s3://…`. */
export type MonitoredData =
  /** What data capture has stored of an endpoint, by the hours of the window: `<to>/<endpoint>/<variant>/yyyy/mm/dd/hh/`. */
  | {
      readonly kind: 'captures';
      readonly to: string;
      readonly endpoint: string;
      /** All that stand below the endpoint where this is null. */
      readonly variants: readonly string[] | null;
    }
  /** Objects, or whatever stands below prefixes. */
  | { readonly kind: 'objects'; readonly uris: readonly string[]; readonly format: DataFormat };

/** How its columns are found; see `ReadOptions`. */
export interface Reading {
  readonly hasHeader?: boolean;
  /** By position; those of the baseline where this is absent and there is one. */
  readonly names?: readonly string[];
  readonly outputPosition?: 'START' | 'END';
  readonly paths?: readonly ColumnPath[];
}

export interface MonitorTask {
  readonly monitor: MonitorKind;
  /** Of the monitor, as they stand in the file; its analyzer reads them. */
  readonly options: Readonly<Record<string, Json>>;
  readonly data: MonitoredData;
  readonly reading: Reading;
  /** Half open, by inference time; null for data without times. */
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  /** Prefix with `statistics.json`, `constraints.json` and, where Sluice has made it, the state. */
  readonly baseline: string | null;
  /** Prefix that the artefacts, `report.json` and the state are written below. */
  readonly output: string;
  /** `carry` of the last window's outcome; absent where a window is judged again. */
  readonly carried?: Json;
}

/**
 * Where Processing jobs do it: `engine: processing` runs the same analyzer in an image of ours (`sluice image build`), shares objects out by their
 * keys and joins the states by a second job of one instance; `engine: modelMonitor` asks SageMaker's own images.
 */
export interface JobTask extends MonitorTask {
  readonly jobs: MonitorJobs;
}

/** What is left of a check in a workflow's history: the report lies at `output`. */
export interface MonitorOutcome {
  readonly monitor: MonitorKind;
  readonly verdict: MonitorReport['verdict'];
  readonly reason: string;
  readonly rows: MonitorReport['rows'];
  /** What was violated, at most 20, the first of the report first. */
  readonly violations: readonly { readonly subject: string; readonly check: string; readonly reason: string }[];
  readonly violationCount: number;
  readonly issueCounts: Readonly<Record<string, number>>;
  readonly output: string;
  readonly carry: Json | null;
  /** Objects that were read, and a SHA-256 over their keys and ETags: two windows with the same one have read the same. */
  readonly evidence: { readonly objects: number; readonly bytes: number; readonly sha256: string };
}

/**
 * `runMonitor`: brings the data near, digests, and judges it against the baseline, or makes a baseline where `baseline` is null (the
 * verdict is then about the data alone). Heartbeats; goes on where a killed attempt has left off if it meets the same worker.
 */
export interface MonitoringActivities {
  runMonitor(task: MonitorTask): Promise<MonitorOutcome>;
  /** The same by SageMaker Processing. */
  runProcessing(task: JobTask): Promise<MonitorOutcome>;
  /** The same by the image of SageMaker Model Monitor, to its rules. */
  runModelMonitor(task: JobTask): Promise<MonitorOutcome>;
}
