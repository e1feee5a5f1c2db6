import type { ScheduleSettings } from './schedule-types';

/** What can be watched; `monitors/` has an analyzer for each. */
export const MONITOR_KINDS = [
  'dataQuality',
  'modelQuality',
  'bias',
  'attribution',
  'conceptDrift',
  'system',
  'business',
] as const;
export type MonitorKindName = (typeof MONITOR_KINDS)[number];

/** Who computes: the worker itself, SageMaker Processing with Sluice's analyzer, or SageMaker Model Monitor's own images. */
export type MonitorEngine = 'worker' | 'processing' | 'modelMonitor';

/** What a violation leads to, each at most once in a cooldown. */
export type ViolationPolicy = 'alert' | 'guardEvidence' | 'rollBack' | 'retrain';

export type PlainJson = string | number | boolean | null | readonly PlainJson[] | { readonly [key: string]: PlainJson };

/** One monitor of the file. */
export interface MonitorSpec {
  /** Unique in the file. */
  readonly name: string;
  readonly kind: MonitorKindName;
  /** Absent: only when somebody asks (`sluice monitor run`). */
  readonly schedule?: ScheduleSettings;
  /** Length of the data window that ends at the nominal time. */
  readonly windowMs: number;
  /** How long after its nominal time a window is taken to be complete. */
  readonly lagMs: number;
  /** Windows that ended no longer ago than this are looked at again, and corrected where objects have come since. */
  readonly lateMs: number;
  readonly engine: MonitorEngine;
  /** Machines of `processing` and `modelMonitor`. */
  readonly instance: { readonly type: string; readonly count: number };
  /** Image of the analyzer for `processing`; for `modelMonitor` instead of SageMaker's of the region. */
  readonly image?: string;
  /** Of `modelMonitor`: SageMaker runs it by a monitoring schedule of its own, whose executions are read; else by a job for each window. */
  readonly monitoringSchedule?: boolean;
  /** The analyzer's own settings, as they stand in the file. */
  readonly options: Readonly<Record<string, PlainJson>>;
  /** Where columns stand in captured requests and answers; absent: as they come. */
  readonly columns?: readonly { readonly name: string; readonly from: 'input' | 'output'; readonly path: string }[];
  /** Prefix of the baseline; absent: the one that was made for what serves. */
  readonly baseline?: string;
  /** Reports go to `<to>/<endpoint>/<name>/…`. */
  readonly to: string;
  readonly onViolation: readonly ViolationPolicy[];
  readonly cooldownMs: number;
  /** Where alerts are posted; absent: the log and the search attributes have them. */
  readonly webhook?: string;
  /** Whether numbers are published to CloudWatch, with Model Monitor's names. */
  readonly publishesMetrics: boolean;
}

/** How a new model is made when a monitor asks for one. */
export interface RetrainingSpec {
  readonly how: RetrainingWebhook | RetrainingJob | RetrainingTraining;
  /** At most one in this time. */
  readonly cooldownMs: number;
}

/** Answers with the new model, or 202 where the model comes later by `sluice deploy` or the model registry. */
export interface RetrainingWebhook {
  readonly kind: 'webhook';
  readonly url: string;
}

/** What both kinds of jobs that make a model are told. */
interface ModelMakingJob {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly instance: { readonly type: string; readonly count: number };
  /** S3 prefixes by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Prefix that each run writes below. */
  readonly output: string;
  readonly atMostMs: number;
}

/** A SageMaker Processing job that finds its inputs at `/opt/ml/processing/input/<name>` and leaves `model.tar.gz` in its output. */
export interface RetrainingJob extends ModelMakingJob {
  readonly kind: 'job';
}

/** A SageMaker training job, whose inputs are channels at `/opt/ml/input/data/<name>`; what it leaves in `/opt/ml/model` is the model. */
export interface RetrainingTraining extends ModelMakingJob {
  readonly kind: 'training';
  readonly hyperparameters: Readonly<Record<string, string>>;
}

/** What a baseline is made of before a rollout. */
export interface BaselineDataset {
  /** CSV with a header line, JSON lines or Parquet, by its ending. */
  readonly dataset: string;
  /** Column with the truth. */
  readonly label?: string;
  readonly problem?: 'BinaryClassification' | 'MulticlassClassification' | 'Regression';
  /** Column with the model's answer; without it there is no baseline of its quality. */
  readonly prediction?: string;
  readonly to: string;
}
