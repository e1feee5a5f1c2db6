import type { Store } from '../engine/store';
import type { ActivityRecord, PolicyRecord, ScheduledActionRecord, TargetRecord } from './records';

/** Durable records of one kind, oldest first. */
export interface ScalingTable<T> {
  get(key: string): T | undefined;
  all(): readonly T[];
  put(record: T): void;
  remove(record: T): void;
}

export interface ScalingTables {
  /** By resource id. */
  readonly targets: ScalingTable<TargetRecord>;
  /** By {@link nameKey} of resource id and policy name. */
  readonly policies: ScalingTable<PolicyRecord>;
  /** By {@link nameKey} of resource id and action name. */
  readonly actions: ScalingTable<ScheduledActionRecord>;
  /** By activity id. */
  readonly activities: ScalingTable<ActivityRecord>;
}

/** Names are unique within a target; no resource id holds a line break. */
export function nameKey(resourceId: string, name: string): string {
  return `${resourceId}\n${name}`;
}

export function scalingTables(store: Store): ScalingTables {
  return {
    targets: table(store, 'scalable-targets', ({ resourceId }) => resourceId),
    policies: table(store, 'scaling-policies', ({ resourceId, name }) => nameKey(resourceId, name)),
    actions: table(store, 'scheduled-actions', ({ resourceId, name }) => nameKey(resourceId, name)),
    activities: table(store, 'scaling-activities', ({ id }) => id),
  };
}

function table<T>(store: Store, name: string, keyOf: (record: T) => string): ScalingTable<T> {
  return {
    // The store holds only what `put` below was given, under this table's name.
    get: (key) => store.get(name, key) as T | undefined,
    all: () => store.entries(name).map(([, record]) => record as T),
    put: (record) => store.put(name, keyOf(record), record),
    remove: (record) => store.remove(name, keyOf(record)),
  };
}
