/** One model version that wants to replace the incumbent. */
export interface Candidate {
  /** Version name; also the production variant's name. */
  readonly name: string;
  readonly model: ModelSource;
  readonly instance: InstanceSettings;
  /** Absent: it takes over how the incumbent is scaled. */
  readonly autoscaling?: AutoscalingSettings;
}

/** What a SageMaker model is made of. */
export type ModelSource =
  | { readonly kind: 'container'; readonly container: ContainerSpec }
  /** An inference pipeline: 2–15 containers, each gets what the one before has answered. */
  | { readonly kind: 'pipeline'; readonly containers: readonly ContainerSpec[] }
  | { readonly kind: 'multiModel'; readonly container: MultiModelContainer }
  /** A version in the model registry: its ARN, or `group/version`. */
  | { readonly kind: 'package'; readonly package: string };

export type HostingShape = ModelSource['kind'];

export interface ContainerSpec {
  readonly image: string;
  /** `s3://…/model.tar.gz`. */
  readonly artifact?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A container that loads the model that each request names (`TargetModel`). */
export interface MultiModelContainer {
  readonly image: string;
  /** `s3://bucket/prefix`, below which the models' archives lie. */
  readonly artifacts: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface InstanceChoice {
  readonly type: string;
  readonly count: number;
}

export interface InstanceSettings extends InstanceChoice {
  /** Tried in this order when AWS has no such instances, or not that many for the account; absent: none. */
  readonly alternatives?: readonly InstanceChoice[];
}

/** Application Auto Scaling of the candidate's variant: target tracking, and changes of the bounds by the clock. */
export interface AutoscalingSettings {
  readonly min: number;
  readonly max: number;
  /** Invocations a minute and instance that target tracking aims at. */
  readonly invocationsPerInstance: number;
  readonly scheduled: readonly ScheduledScaling[];
}

export interface ScheduledScaling {
  /** As Application Auto Scaling has it: `cron(0 8 ? * MON-FRI *)`, `rate(…)` or `at(…)`, in UTC. */
  readonly at: string;
  readonly min: number;
  readonly max: number;
}

/** The containers that the file itself describes; none for a package. */
export function containersOf(model: ModelSource): readonly (ContainerSpec | MultiModelContainer)[] {
  switch (model.kind) {
    case 'container':
    case 'multiModel':
      return [model.container];
    case 'pipeline':
      return model.containers;
    case 'package':
      return [];
  }
}
