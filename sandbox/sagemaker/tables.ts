import type { Store } from '../engine/store';
import type { ExperimentRecord } from './experiments/records';
import type { PackageGroupRecord, PackageRecord } from './registry/records';
import type { ProcessingJobRecord, TrainingJobRecord, TransformJobRecord } from '../jobs/records';
import type { DefinitionRecord, ExecutionRecord, ScheduleRecord } from '../monitoring/records';
import type { ConfigRecord, EndpointRecord, ModelRecord, TagsRecord } from './records';

/** Durable records of one kind. Keys are names in lower case: SageMaker's names are unique without regard to case. */
export interface Table<T> {
  get(name: string): T | undefined;
  all(): readonly T[];
  /** Lower case. */
  keys(): readonly string[];
  put(name: string, record: T): void;
  remove(name: string): void;
}

export interface Tables {
  readonly models: Table<ModelRecord>;
  readonly configs: Table<ConfigRecord>;
  readonly endpoints: Table<EndpointRecord>;
  readonly packageGroups: Table<PackageGroupRecord>;
  readonly packages: Table<PackageRecord>;
  readonly experiments: Table<ExperimentRecord>;
  readonly transformJobs: Table<TransformJobRecord>;
  readonly processingJobs: Table<ProcessingJobRecord>;
  readonly trainingJobs: Table<TrainingJobRecord>;
  /** By kind and name, as in their ARNs. */
  readonly definitions: Table<DefinitionRecord>;
  readonly schedules: Table<ScheduleRecord>;
  /** By schedule and time. */
  readonly executions: Table<ExecutionRecord>;
  /** By resource ARN. */
  readonly tags: Table<TagsRecord>;
}

export function tablesOf(store: Store): Tables {
  return {
    models: table(store, 'models'),
    configs: table(store, 'endpoint-configs'),
    endpoints: table(store, 'endpoints'),
    packageGroups: table(store, 'model-package-groups'),
    packages: table(store, 'model-packages'),
    experiments: table(store, 'inference-experiments'),
    transformJobs: table(store, 'transform-jobs'),
    processingJobs: table(store, 'processing-jobs'),
    trainingJobs: table(store, 'training-jobs'),
    definitions: table(store, 'job-definitions'),
    schedules: table(store, 'monitoring-schedules'),
    executions: table(store, 'monitoring-executions'),
    tags: table(store, 'tags'),
  };
}

function table<T>(store: Store, name: string): Table<T> {
  return {
    // The store holds only what `put` below was given, under this table's name.
    get: (key) => store.get(name, key.toLowerCase()) as T | undefined,
    all: () => store.entries(name).map(([, record]) => record as T),
    keys: () => store.entries(name).map(([key]) => key),
    put: (key, record) => store.put(name, key.toLowerCase(), record),
    remove: (key) => store.remove(name, key.toLowerCase()),
  };
}
