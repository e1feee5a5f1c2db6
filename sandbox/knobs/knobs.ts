import { DELAYS } from '../sagemaker/delays';
import { JOB_KNOBS } from './jobs';
import type { KnobShape, ValueOf } from './shapes';
import { choice, flag, number } from './shapes';

/** Endpoints: what `docs/sandbox.md` lists as inferred about the control plane. */
const CONTROL_PLANE = {
  /** What Describe shows while an update is undone. */
  rollbackStatus: choice('RollingBack', 'Updating'),
  /** A failed update usually leaves a FailureReason, sometimes an empty one (terraform-provider-aws#48997). */
  isRollbackSilent: flag(false),
  inServiceAfter: choice('terminationWait', 'trafficShift'),
  missingAlarm: choice('refused', 'ignored'),
  ringingAlarm: choice('rollsBack', 'refused', 'ignored'),
  renamedVariants: choice('refused', 'allowed'),
  bothDeploymentConfigs: choice('given', 'retained', 'refused'),
  rollingRollbackBakes: flag(false),
  /** Of which configuration an endpoint in UpdateRollbackFailed shows name and variants, and what can be asked of it. */
  rollbackFailedShows: choice('old', 'new'),
  rollbackFailedTakes: choice('updates', 'deletion', 'weights'),
  /** Instances of one type in the account and region; above it, ResourceLimitExceeded. */
  instancesPerType: number(20),
  multiModelCombinations: choice('refused', 'allowed'),
  shadowWeights: choice('changeable', 'refused'),
} as const;

/** Requests and the containers that answer them. */
const RUNTIME = {
  /** A shadow's weight as a share of the production variant's (up to all), of both weights' sum, or as a percentage. */
  shadowSampling: choice('ofProduction', 'ofSum', 'percent'),
  shadowTarget: choice('unknown', 'served'),
  /** Copies under way on one shadow instance; above it, some are missed. */
  shadowBacklog: number(256, 1),
  oversizedBody: choice('bare413', 'ValidationError'),
  throttlingStatus: number(400, 400),
  /** Provider time from the first record to the file, and the size at which it is written earlier. */
  captureFlushMs: number(120_000),
  captureFileBytes: number(4 * 1024 * 1024, 1),
  leastOutstandingTies: choice('drawn', 'first'),
  directMetrics: choice('both', 'variant', 'container'),
  multiModelRouting: choice('holder', 'any'),
  /** The longest streamed answer, in real time. */
  streamTimeoutMs: number(480_000, 1),
  asyncVariants: choice('one', 'many'),
  /** Requests at a time on an instance whose configuration leaves that to SageMaker. */
  asyncConcurrency: number(4, 1),
  /** Members of a notification: all that apply, or those alone that AWS's examples show. */
  notificationMembers: choice('all', 'shown'),
  /** What would go to SNS, in the control API. */
  notificationsKept: number(1_000),
  /** How long an instance of a serverless variant rests before it ends. */
  serverlessIdleMs: number(600_000),
  /** How long a request waits for its model, and how long loading goes on; real time. */
  modelReadyTimeoutMs: number(60_000),
  modelLoadTimeoutMs: number(360_000, 1),
  fullModelMemory: choice('waits', 'fails'),
  disabledModelCache: choice('unloads', 'keeps'),
  modelLoadingCountsAs: choice('overhead', 'model'),
  /** Floor, in real time, of the windows for the first ping and the download: a process does not start faster because a clock does. */
  minStartupWindowMs: number(10_000),
  texts: { kind: 'texts' },
} as const;

/** What `docs/sandbox-auto-scaling.md` lists as inferred. */
const AUTO_SCALING = {
  trackingMinutes: choice('sinceChange', 'all'),
  scaleInDuringScaleOut: choice('held', 'allowed'),
  stepMetric: choice('latest', 'aggregated'),
  disabledScaleInAlarm: choice('none', 'made'),
  retakenAlarmNames: choice('kept', 'new'),
  busyEndpointChange: choice('waits', 'fails'),
  failedLimitChange: choice('once', 'retried'),
  missedActionsMs: number(35 * 86_400_000),
  pastAtActions: choice('listed', 'removed'),
  activitiesKept: number(100, 1),
  activitiesKeptMs: number(42 * 86_400_000),
} as const;

/** What `docs/sandbox-registry.md` lists as inferred. */
const REGISTRY_AND_EXPERIMENTS = {
  /** When the approval of a versioned model package is asked for: once a model is made of it, or never. */
  packageApproval: choice('createModel', 'never'),
  versionNumbers: choice('neverReused', 'reused'),
  /** What DescribeModelPackage shows as the name of a version: AWS's model requires one, and versions have none. */
  versionName: choice('groupName', 'omitted'),
  versionStatus: choice('completed', 'checked'),
  packageData: choice('checked', 'unchecked'),
  /** What DescribeModel shows of a container from a model package. */
  packagedContainer: choice('asked', 'resolved'),
  /** How a stopped experiment ends that was not told how. */
  stoppedExperiment: choice('Cancelled', 'Completed'),
  promotedVariant: choice('shadowName', 'productionName'),
  experimentConfigs: choice('kept', 'deleted'),
  changedEndpoint: choice('cancels', 'ignored'),
  scheduledExperimentDeletion: choice('allowed', 'refused'),
} as const;

/** How long SageMaker takes, in provider time. */
const TIMES = Object.fromEntries(Object.entries(DELAYS).map(([name, ms]) => [name, number(ms)])) as {
  readonly [Name in keyof typeof DELAYS]: ReturnType<typeof number>;
};

/** Every behaviour that AWS does not document, or that differs between reports, by the name of its switch. */
export const KNOBS = {
  ...CONTROL_PLANE,
  ...RUNTIME,
  ...AUTO_SCALING,
  ...REGISTRY_AND_EXPERIMENTS,
  ...JOB_KNOBS,
  ...TIMES,
} as const satisfies Readonly<Record<string, KnobShape>>;

/** What the sandbox does where AWS does not say what it does; each has the likeliest default. */
export type Knobs = { readonly [Name in keyof typeof KNOBS]: ValueOf<(typeof KNOBS)[Name]> };
