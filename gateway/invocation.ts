import { InvokeEndpointCommand, ModelError, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { probeAttribute } from './probe';

export interface InvokeRequest {
  readonly body: Uint8Array | string;
  readonly contentType: string;
  readonly accept?: string;
  /** Joins the call to its captured prediction and its label; made when absent. At most 64 ASCII characters. */
  readonly inferenceId?: string;
  /** Bypasses the weights, so the call is no evidence about them: it is treated as a probe. */
  readonly targetVariant?: string;
  /** Health checks and warm-up: never counted, and marked in the capture by `probeAttribute`. */
  readonly probe?: boolean;
}

/** The model's answer, or the model's error. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: Uint8Array;
  readonly contentType: string | null;
  /** `null` when a failed call does not tell. */
  readonly variant: string | null;
}

/** @throws what the service itself answered (no such endpoint, throttled, not reachable): no model was asked */
export async function callEndpoint(
  runtime: SageMakerRuntimeClient,
  call: InvokeRequest & { readonly endpoint: string; readonly inferenceId: string }
): Promise<Answer> {
  const command = new InvokeEndpointCommand({
    EndpointName: call.endpoint,
    Body: call.body,
    ContentType: call.contentType,
    InferenceId: call.inferenceId,
    ...(call.accept !== undefined && { Accept: call.accept }),
    ...(call.targetVariant !== undefined && { TargetVariant: call.targetVariant }),
    ...(isProbe(call) && { CustomAttributes: probeAttribute }),
  });
  try {
    const output = await runtime.send(command);
    return {
      ok: true,
      status: output.$metadata.httpStatusCode ?? 200,
      body: output.Body ?? new Uint8Array(),
      contentType: output.ContentType ?? null,
      variant: output.InvokedProductionVariant ?? call.targetVariant ?? null,
    };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return {
      ok: false,
      status: error.OriginalStatusCode ?? 500,
      body: Buffer.from(error.OriginalMessage ?? error.message),
      contentType: null,
      variant: variantOfLogStream(error.LogStreamArn) ?? call.targetVariant ?? null,
    };
  }
}

export function isProbe(request: InvokeRequest): boolean {
  return request.probe === true || request.targetVariant !== undefined;
}

/**
 * SageMaker names no variant in a `ModelError`, but a container's log stream is called `<variant>/<instance>`
 * (Developer Guide, "Log groups and streams"). `null` when the ARN stops at the log group.
 */
export function variantOfLogStream(arn: string | undefined): string | null {
  return /:log-stream:([A-Za-z0-9-]+)\//.exec(arn ?? '')?.[1] ?? null;
}

/** Status of a call that the service refused; a lost connection counts as 503. */
export function statusOfServiceError(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return 503;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 503;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 503;
}
