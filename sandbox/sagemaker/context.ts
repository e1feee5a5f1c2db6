import type { SettableClock } from '../engine/clock';
import type { Journal } from '../engine/journal';
import type { FaultBook } from '../faults/book';
import type { Visibility } from '../faults/visibility';
import type { FleetContext } from '../fleet/context';
import type { ObjectStore } from '../ports';
import type { Tables } from './tables';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Behaviour that AWS does not document or that differs between reports; each has the likeliest default. */
export interface SageMakerKnobs {
  /** A failed update usually leaves a FailureReason, sometimes an empty one (terraform-provider-aws#48997). */
  readonly isRollbackSilent: boolean;
  /** Instances of one type in the account and region; above it, ResourceLimitExceeded. */
  readonly instancesPerType: number;
  /**
   * What part of the requests a shadow variant gets: its weight as a share of the production variant's (up to all), of both weights'
   * sum, or as a percentage.
   */
  readonly shadowSampling: 'ofProduction' | 'ofSum' | 'percent';
  /** When the approval of a versioned model package is asked for: once a model is made of it, or never. */
  readonly packageApproval: 'createModel' | 'never';
}

export interface SageMakerContext {
  readonly tables: Tables;
  readonly clock: SettableClock;
  readonly journal: Journal;
  readonly objects: ObjectStore;
  readonly fleets: FleetContext;
  readonly faults: FaultBook;
  readonly visibility: Visibility;
  readonly region: string;
  readonly accountId: string;
  readonly knobs: SageMakerKnobs;
  /** `undefined` for an alarm that does not exist. Absent when no CloudWatch stands beside. */
  readonly alarmState?: (name: string) => AlarmState | undefined;
  /** Variants of an endpoint that auto scaling holds. */
  readonly scaledVariants?: (endpointName: string) => readonly string[];
  /** Told of failures that no caller can be told of. */
  readonly onInternalError: (error: unknown, where: string) => void;
}
