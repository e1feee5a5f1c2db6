import type { Instance } from '../fleet/instance';
import { INVOCATION_TIMEOUT_MS } from '../fleet/instance';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { RuntimeContext } from './context';
import { RuntimeError, validationError } from './errors';
import type { InvokeRequest } from './request';
import { assertTarget } from './target';

export interface Chosen {
  readonly variant: VariantFleet;
  /** Acquired: whoever has it must release it. */
  readonly instance: Instance;
}

/**
 * Chooses a variant and an instance that serves. While the endpoint comes back after a restart of the sandbox the request waits for its
 * instance, within the invocation's own time limit, and is routed anew afterwards.
 */
export async function choose(context: RuntimeContext, request: InvokeRequest): Promise<Chosen> {
  const deadlineMs = performance.now() + INVOCATION_TIMEOUT_MS;
  for (;;) {
    const actor = context.serving(request.endpointName);
    if (!actor) throw unknownEndpoint(context, request.endpointName);
    const variant = actor.serving.route(request.targetVariant);
    if (!variant && request.targetVariant !== undefined)
      throw validationError(
        `Variant ${request.targetVariant} not found for endpoint ${request.endpointName} of account ${context.accountId}.`
      );
    if (variant?.owner.asynchronous)
      throw validationError(
        `Endpoint ${request.endpointName} is an asynchronous endpoint: it must be invoked with InvokeEndpointAsync.`
      );
    if (variant) assertTarget(request, variant);
    const instance = variant && (await acquire(context, variant, request));
    if (variant && instance) return { variant, instance };
    const leftMs = deadlineMs - performance.now();
    if (!variant || !actor.isRestoring || leftMs <= 0) throw unavailable();
    await variant.whenServing(leftMs);
  }
}

/** An instance of the variant that serves, acquired. Throws ThrottlingException where a serverless variant is at its concurrency. */
export async function acquire(
  context: RuntimeContext,
  variant: VariantFleet,
  request: InvokeRequest
): Promise<Instance | undefined> {
  const { serverless } = variant;
  if (serverless) {
    const warm = await serverless.acquire();
    if (warm === 'throttled') throw throttled(context);
    if (warm?.coldMs !== undefined) context.metrics.modelSetup(variant, warm.coldMs);
    return warm?.instance;
  }
  const instance = variant.pick(request.targetModel);
  instance?.acquire();
  return instance;
}

export function unavailable(): RuntimeError {
  return new RuntimeError('ServiceUnavailable', 'The service is unavailable. Try your call again.', { status: 503 });
}

export function unknownEndpoint(context: Pick<RuntimeContext, 'accountId'>, name: string): RuntimeError {
  return validationError(`Endpoint ${name} of account ${context.accountId} not found.`);
}

function throttled({ knobs }: RuntimeContext): RuntimeError {
  return new RuntimeError('ThrottlingException', 'Rate exceeded', { status: knobs.throttlingStatus });
}
