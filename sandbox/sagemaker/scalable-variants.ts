import type { ScalableVariants } from '../autoscaling/context';
import { validationException } from '../wire/errors';
import type { EndpointRegistry } from './endpoint-registry';
import type { Handlers } from './operations';
import { serverlessIn } from './serverless';
import type { Deployment, EndpointRecord } from './records';

const GONE: readonly EndpointRecord['status'][] = ['Failed', 'Deleting', 'OutOfService'];
const IDLE: readonly EndpointRecord['status'][] = ['InService', 'UpdateRollbackFailed'];

/** Variants as auto scaling reaches them: it reads what DescribeEndpoint shows and changes counts as a customer does. */
export function scalableVariants(
  registry: EndpointRegistry,
  handlers: Handlers<'UpdateEndpointWeightsAndCapacities'>
): ScalableVariants {
  return {
    find: ({ endpointName, variantName }) => {
      const record = registry.get(endpointName)?.record;
      const variant = record?.live.variants.find(({ name }) => name === variantName);
      if (!record || !variant || record.name !== endpointName) return undefined;
      // Of these there are no instances to count.
      if (serverlessIn(record.live).has(variantName)) return undefined;
      return {
        endpoint: GONE.includes(record.status) ? 'gone' : IDLE.includes(record.status) ? 'idle' : 'busy',
        endpointCreatedMs: record.createdMs,
        currentCount: variant.currentCount,
        desiredCount: variant.desiredCount,
        ...(record.failureReason === undefined ? {} : { failureReason: record.failureReason }),
      };
    },
    setDesiredCount: async ({ endpointName, variantName, count }) => {
      await handlers.UpdateEndpointWeightsAndCapacities(
        {
          EndpointName: endpointName,
          DesiredWeightsAndCapacities: [{ VariantName: variantName, DesiredInstanceCount: count }],
        },
        { region: '', requestId: '' }
      );
    },
  };
}

/**
 * An update must not take a scaled variant away or give it other instances; another model is fine (Developer Guide, "Update
 * endpoints that use automatic scaling"). Throws ValidationException.
 */
export function assertScaledVariantsKept(scaled: readonly string[], live: Deployment, pending: Deployment): void {
  const typeIn = ({ blueprint }: Deployment, name: string): string | undefined =>
    blueprint.variants.find((variant) => variant.name === name)?.instanceType;
  const touched = scaled.filter((name) => typeIn(live, name) !== typeIn(pending, name));
  if (touched.length === 0) return;
  throw validationException(
    `The variant(s) "${JSON.stringify(touched)}" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.`
  );
}
