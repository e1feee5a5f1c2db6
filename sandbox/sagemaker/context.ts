import type { SettableClock } from '../engine/clock';
import type { Journal } from '../engine/journal';
import type { FaultBook } from '../faults/book';
import type { Visibility } from '../faults/visibility';
import type { FleetContext } from '../fleet/context';
import type { Knobs } from '../knobs/knobs';
import type { Reword } from '../knobs/reword';
import type { ObjectStore } from '../ports';
import type { Tables } from './tables';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

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
  readonly knobs: Knobs;
  /** Applied to texts that callers see. */
  readonly reword: Reword;
  /** `undefined` for an alarm that does not exist. Absent when no CloudWatch stands beside. */
  readonly alarmState?: (name: string) => AlarmState | undefined;
  /** Variants of an endpoint that auto scaling holds. */
  readonly scaledVariants?: (endpointName: string) => readonly string[];
  /** Told of failures that no caller can be told of. */
  readonly onInternalError: (error: unknown, where: string) => void;
}
