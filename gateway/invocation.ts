import { InvokeEndpointCommand, ModelError, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

/** What a model is asked. */
export interface ModelRequest {
  readonly body: Uint8Array | string;
  readonly contentType: string;
  readonly accept?: string;
}

/** One `InvokeEndpoint`, with what the gateway adds to it. */
export interface EndpointCall extends ModelRequest {
  readonly endpoint: string;
  readonly inferenceId: string;
  readonly targetVariant?: string | undefined;
  /** Kept by SageMaker in the captured record. */
  readonly customAttributes?: string | undefined;
  readonly abortSignal?: AbortSignal;
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
export async function callEndpoint(runtime: SageMakerRuntimeClient, call: EndpointCall): Promise<Answer> {
  const { targetVariant, customAttributes, abortSignal } = call;
  const command = new InvokeEndpointCommand({
    EndpointName: call.endpoint,
    Body: call.body,
    ContentType: call.contentType,
    InferenceId: call.inferenceId,
    ...(call.accept !== undefined && { Accept: call.accept }),
    ...(targetVariant !== undefined && { TargetVariant: targetVariant }),
    ...(customAttributes !== undefined && { CustomAttributes: customAttributes }),
  });
  try {
    const output = await runtime.send(command, { ...(abortSignal && { abortSignal }) });
    return {
      ok: true,
      status: output.$metadata.httpStatusCode ?? 200,
      body: output.Body ?? new Uint8Array(),
      contentType: output.ContentType ?? null,
      variant: output.InvokedProductionVariant ?? targetVariant ?? null,
    };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return {
      ok: false,
      status: error.OriginalStatusCode ?? 500,
      body: Buffer.from(error.OriginalMessage ?? error.message),
      contentType: null,
      variant: variantOfLogStream(error.LogStreamArn) ?? targetVariant ?? null,
    };
  }
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
