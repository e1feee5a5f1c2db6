import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { randomUUID } from 'node:crypto';
import { callEndpoint } from '../invocation';
import { probeAttribute } from '../probe';
import type { AskModel } from './check';

/**
 * Asks an endpoint, or one variant of it, as `checkTransforms` wants it; marked as a probe, because a check is no evidence.
 * What it returns throws what the service answered when no model was asked.
 */
export function askEndpoint(
  runtime: SageMakerRuntimeClient,
  at: { readonly endpoint: string; readonly variant?: string }
): AskModel {
  return ({ body, contentType }) =>
    callEndpoint(runtime, {
      body,
      contentType,
      endpoint: at.endpoint,
      inferenceId: `check-${randomUUID()}`,
      targetVariant: at.variant,
      customAttributes: probeAttribute,
    });
}
