import type { BatchSpec } from './batch-types';
import type { Candidate } from './candidate-types';
import type { GuardSpec } from './guard-kinds';
import type { BaselineDataset, MonitorSpec, RetrainingSpec } from './monitor-types';
import type { OnInconclusive, OnNewer, Routing, Stage, WatchSettings } from './stage-types';

/**
 * The rollout file after checking, with every default filled in: what `spec/schema` returns and all other rooms read.
 * Shares are percent (0–100), rates and budgets are fractions (0–1), durations are milliseconds. Plain JSON throughout.
 */
export interface RolloutSpec {
  readonly endpoint: string;
  readonly aws: AwsSettings;
  readonly capture: CaptureSettings;
  readonly schema: RecordSchema;
  /** Where labels arrive; absent when no guard needs them. */
  readonly groundTruth?: GroundTruthSettings;
  /** Business outcomes by name; absent when no guard needs them. */
  readonly events?: Readonly<Record<string, EventSource>>;
  /** Where a gateway writes which variant answered whom; absent: data capture has to tell. */
  readonly exposures?: { readonly from: string };
  /** What a gateway does to requests and answers, and samples that a pipeline's containers must treat alike; absent: nothing is compared. */
  readonly transforms?: { readonly definition: string; readonly samples: string };
  readonly counts: CountsSource;
  /** Length of one closed evidence window. */
  readonly tickMs: number;
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly baseline: BaselineSettings;
  readonly budget: Budget;
  readonly guards: readonly GuardSpec[];
  readonly onInconclusive: OnInconclusive;
  readonly routing: Routing;
  readonly stages: readonly Stage[];
  /** What follows the promotion; absent: nothing, the rollout ends with it. */
  readonly watch?: WatchSettings;
  readonly onNewer: OnNewer;
  /** Batch transforms; absent: none. */
  readonly batch?: readonly BatchSpec[];
  /** What watches the endpoint; absent: nothing does. */
  readonly monitors?: readonly MonitorSpec[];
  /** How a new model is made when a monitor asks for one. */
  readonly retraining?: RetrainingSpec;
}

export interface AwsSettings {
  /** Execution role that SageMaker assumes for the models. */
  readonly role: string;
  readonly kms?: string;
  readonly vpc?: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] };
  readonly tags: Readonly<Record<string, string>>;
}

export interface CaptureSettings {
  /** `s3://bucket/prefix` that SageMaker writes captured requests to. */
  readonly to: string;
  readonly samplingPct: number;
  /** Content types stored as text; anything else is captured as base64. */
  readonly contentTypes: readonly string[];
  /** After this long a captured record is taken to be in S3, or lost; absent: five minutes. */
  readonly lagMs?: number;
}

export interface RecordSchema {
  /**
   * Where the predicted label stands in the response: a JSON path such as `$.predictions[0].label`, or a CSV column index such as `0`;
   * absent when no guard needs it.
   */
  readonly prediction?: string;
  /** Where the user's id stands in the request; absent when no guard counts users. */
  readonly user?: string;
  /** Facets of the request that answers are compared by, each with its place. */
  readonly facets?: Readonly<Record<string, string>>;
}

export interface GroundTruthSettings {
  readonly from: string;
  /** Age at which a cohort of predictions is closed, once; labels that come later are counted as dropped late. */
  readonly maturityMs: number;
}

/** Where the events of one name arrive, and what they are about. */
export interface EventSource {
  readonly from: string;
  /** How long after the request an event still counts for it. */
  readonly windowMs: number;
  readonly unit: 'request' | 'user';
}

/** Where request and error counts come from: CloudWatch's one-minute metrics, or the counts that a gateway writes. */
export type CountsSource = { readonly from: 'cloudwatch' } | { readonly from: 'gateway'; readonly uri: string };

export interface BaselineSettings {
  /** How far back the incumbent's own rates are read before the plan is fixed. */
  readonly lookbackMs: number;
  /** Least number of requests (and of labels, when a guard needs them) the baseline rests on. */
  readonly atLeast: number;
  /** How long to wait for that many before failing with `NoEvidence`. */
  readonly atMostMs: number;
  /** What monitors compare with: made before the rollout of the training data; absent: nothing is made. */
  readonly data?: BaselineDataset;
}

export interface Budget {
  readonly falseRollback: number;
  readonly falsePromotion: number;
  readonly falseWinner: number;
}

export type {
  AlarmGuard,
  CoverageGuard,
  ErrorsGuard,
  FurtherGuardSpec,
  GuardSpec,
  LatencyGuard,
  Margin,
  MeanGuard,
  OutcomeGuard,
  OutputDriftGuard,
  QualityGuard,
  RateGuardSpec,
  ScoreShiftGuard,
  ShadowGuard,
  ThresholdGuard,
  ValueSource,
  WebhookGuard,
} from './guard-kinds';

export type * from './batch-types';
export type * from './candidate-types';
export type * from './monitor-types';
export type * from './schedule-types';
export type * from './stage-types';
