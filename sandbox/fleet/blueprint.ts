import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker';
import type { Checked } from '../wire/types';
import type { ServerlessSettings } from './serverless';

/** Where a container's model comes from. `archive`: one tar.gz object; `prefix`: every object below a key prefix, as it is. */
export interface ModelData {
  readonly kind: 'archive' | 'prefix';
  /** As the user wrote it, for messages. */
  readonly url: string;
  readonly bucket: string;
  readonly key: string;
}

/** Where the models of a multi-model container lie: every key below the prefix is one. */
export interface MultiModelSettings {
  readonly bucket: string;
  /** Ends with a slash, or is empty. */
  readonly prefix: string;
  /** Without it a model is unloaded after each use. */
  readonly isCached: boolean;
}

export interface ContainerBlueprint {
  /** The ContainerHostname, `primary` for the only container of a model without one. */
  readonly hostname: string;
  readonly image: string;
  readonly data?: ModelData;
  /** For a container that loads models on demand. */
  readonly multiModel?: MultiModelSettings;
  readonly environment: Readonly<Record<string, string>>;
}

export interface VariantBlueprint {
  readonly name: string;
  readonly modelName: string;
  readonly instanceType: string;
  readonly initialCount: number;
  readonly initialWeight: number;
  /** Instances come and go with the requests. */
  readonly serverless?: ServerlessSettings;
  /** More than one is a serial inference pipeline, unless it is direct. */
  readonly containers: readonly ContainerBlueprint[];
  /** Each request names the one container that answers it. */
  readonly isDirect?: true;
  /** Gets copies of requests; its answers go nowhere. */
  readonly isShadow?: true;
  readonly routing: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS';
  /** How long the container may take until its first healthy ping, in provider seconds. */
  readonly startupTimeoutSeconds: number;
  /** How long fetching the models may take, in provider seconds; without it as long as it takes. */
  readonly downloadTimeoutSeconds?: number;
}

export interface CaptureSettings {
  readonly bucket: string;
  /** Without a slash at either end; empty for the bucket's root. */
  readonly prefix: string;
  readonly destinationS3Uri: string;
  readonly samplingPct: number;
  readonly isEnabled: boolean;
  readonly capturesInput: boolean;
  readonly capturesOutput: boolean;
  readonly csvContentTypes: readonly string[];
  readonly jsonContentTypes: readonly string[];
  readonly kmsKeyId?: string;
}

/** How requests of an asynchronous endpoint are answered. */
export interface AsyncSettings {
  readonly output: { readonly bucket: string; readonly prefix: string };
  readonly failure?: { readonly bucket: string; readonly prefix: string };
  readonly successTopic?: string;
  readonly errorTopic?: string;
  /** Kinds of notification that hold the answer itself. */
  readonly repliesIn: readonly string[];
  /** As the configuration has it. */
  readonly config: Checked<AsyncInferenceConfig>;
  /** Requests at a time on one instance. */
  readonly perInstance: number;
}

/**
 * All that is needed to run an endpoint configuration, copied when the endpoint takes it: models and configurations may be deleted
 * under a running endpoint, on AWS as here.
 */
export interface Blueprint {
  readonly configName: string;
  readonly variants: readonly VariantBlueprint[];
  readonly capture?: CaptureSettings;
  readonly asynchronous?: AsyncSettings;
}
