import type { ModelUnavailable } from '../fleet/model-cache';
import type { VariantFleet } from '../fleet/variant-fleet';
import { RuntimeError, validationError } from './errors';
import type { Origin } from './model-error';
import { containerError } from './model-error';
import type { InvokeRequest } from './request';

/** Throws ValidationError where a request names a model or a container and its variant has no use for it, or the other way round. */
export function assertTarget(request: InvokeRequest, variant: VariantFleet): void {
  const { endpointName, targetModel, targetContainer } = request;
  const { containers, isDirect } = variant.blueprint;
  const isMultiModel = containers.some(({ multiModel }) => multiModel !== undefined);
  if (isMultiModel && targetModel === undefined)
    throw validationError(`Endpoint ${endpointName} is a multi-model endpoint: TargetModel must be specified.`);
  if (!isMultiModel && targetModel !== undefined)
    throw validationError(`Endpoint ${endpointName} is not a multi-model endpoint: TargetModel must not be specified.`);
  if (isDirect && targetContainer === undefined)
    throw validationError(
      `TargetContainerHostname must be specified: the containers of endpoint ${endpointName} are invoked directly.`
    );
  if (targetContainer === undefined) return;
  if (!isDirect)
    throw validationError(
      `TargetContainerHostname must not be specified: the containers of endpoint ${endpointName} are not invoked directly.`
    );
  if (!containers.some(({ hostname }) => hostname === targetContainer))
    throw validationError(
      `Container ${targetContainer} not found for variant ${variant.name} of endpoint ${endpointName}. Its containers are: ${containers.map(({ hostname }) => hostname).join(', ')}.`
    );
}

/** What the caller of a multi-model endpoint hears when its model cannot answer. */
export function modelUnavailable(origin: Origin, hostname: string, error: ModelUnavailable): RuntimeError {
  switch (error.why) {
    case 'missing':
      return validationError(error.message);
    case 'notReady':
      return new RuntimeError('ModelNotReadyException', error.message, { status: 429 });
    case 'refused': {
      const { status = 500, body = Buffer.from(error.message) } = error.reply ?? {};
      return containerError(origin, { hostname, status, body });
    }
  }
}
