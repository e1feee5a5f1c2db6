/** A production variant as read back from SageMaker. */
export interface LiveVariant {
  readonly name: string;
  /** What people call the model that it runs, where that is not the variant's own name. */
  readonly version?: string;
  readonly modelName: string;
  readonly sharePct: number;
  readonly instanceType: string;
  readonly instanceCount: number;
  /** Absent: nobody scales it. */
  readonly scaling?: VariantScaling;
}

/** The endpoint as read back from SageMaker. */
export interface LiveEndpoint {
  readonly status: string;
  readonly configName: string;
  readonly variants: readonly LiveVariant[];
}

/** How Application Auto Scaling scales one variant: enough to put it back, or on another variant. */
export interface VariantScaling {
  readonly min: number;
  readonly max: number;
  readonly suspended: { readonly in: boolean; readonly out: boolean; readonly scheduled: boolean };
  readonly policies: readonly {
    readonly name: string;
    readonly type: 'TargetTrackingScaling' | 'StepScaling';
    /** The policy's configuration in AWS's own words. */
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
  readonly actions: readonly ScalingAction[];
}

/** Other bounds from a time on. */
export interface ScalingAction {
  readonly name: string;
  readonly schedule: string;
  readonly timezone?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly min?: number;
  readonly max?: number;
}
