/** A production variant as read back from SageMaker. */
export interface LiveVariant {
  readonly name: string;
  /** What people call the model that it runs, where that is not the variant's own name. */
  readonly version?: string;
  readonly modelName: string;
  readonly sharePct: number;
  readonly instanceType: string;
  readonly instanceCount: number;
}

/** The endpoint as read back from SageMaker. */
export interface LiveEndpoint {
  readonly status: string;
  readonly configName: string;
  readonly variants: readonly LiveVariant[];
}
