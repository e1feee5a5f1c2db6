import type {
  PutScalingPolicyCommandInput,
  ScalingActivity,
  StepScalingPolicyConfiguration,
  SuspendedState,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { Checked } from '../wire/types';

export type Direction = 'out' | 'in';

/** Holds back further changes in one direction until so much provider time has passed since a change was completed. */
export interface Cooldown {
  readonly direction: Direction;
  readonly startedMs: number;
  readonly durationMs: number;
  /** Capacity before the change: a larger step within the cooldown counts from here. */
  readonly baseCapacity: number;
}

/** A change of capacity that is not completed. It is written before anything is done, so that a restart carries it on. */
export interface RunningChange {
  readonly activityId: string;
  readonly capacity: number;
  readonly fromCapacity: number;
  /** Whether SageMaker has accepted the change. */
  readonly isAccepted: boolean;
  readonly cooldownMs: number;
  /** Why it is made, for a change to the limits that is to be tried again when it fails. */
  readonly retryCause?: string;
}

/** A variant whose instance count is scaled. */
export interface TargetRecord {
  readonly resourceId: string;
  readonly endpointName: string;
  readonly variantName: string;
  readonly arn: string;
  readonly createdMs: number;
  /** Tells the endpoint from a later one of the same name. */
  readonly endpointCreatedMs: number;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly roleArn: string;
  readonly suspended: Checked<SuspendedState>;
  readonly tags: Readonly<Record<string, string>>;
  readonly running?: RunningChange;
  /** Why the capacity is still to be brought within the limits: the endpoint was busy when they were set. */
  readonly clampCause?: string;
  readonly cooldown?: Cooldown;
  /** When the capacity last changed: older data says nothing about the load of the instances there are now. */
  readonly changedMs?: number;
}

interface PolicyCommon {
  readonly arn: string;
  readonly name: string;
  readonly resourceId: string;
  readonly createdMs: number;
}

export type PolicyRecord =
  | (PolicyCommon & {
      readonly type: 'TargetTrackingScaling';
      readonly tracking: Checked<TargetTrackingScalingPolicyConfiguration>;
      readonly alarms: { readonly high: string; readonly low?: string };
    })
  | (PolicyCommon & { readonly type: 'StepScaling'; readonly step: Checked<StepScalingPolicyConfiguration> });

/** A change of a target's limits at a time. Times are epoch milliseconds of the sandbox's timestamps. */
export interface ScheduledActionRecord {
  readonly arn: string;
  readonly name: string;
  readonly resourceId: string;
  readonly createdMs: number;
  readonly schedule: string;
  readonly timezone?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly minCapacity?: number;
  readonly maxCapacity?: number;
  /** Up to this time it has been looked whether the action is due. */
  readonly checkedMs: number;
}

export interface ActivityRecord {
  readonly id: string;
  readonly resourceId: string;
  readonly description: string;
  readonly cause: string;
  readonly startMs: number;
  readonly endMs?: number;
  readonly status: NonNullable<ScalingActivity['StatusCode']>;
  readonly statusMessage?: string;
  readonly details?: string;
  /** Only for an activity that did not scale. */
  readonly notScaled?: {
    readonly code: 'AlreadyAtMaxCapacity' | 'AlreadyAtMinCapacity' | 'AlreadyAtDesiredCapacity';
    readonly capacity: number;
  };
}

export type PolicyInput = Checked<PutScalingPolicyCommandInput>;
