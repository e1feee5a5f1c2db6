import { globMatches } from '../engine/glob';
import { FleetFailure } from '../fleet/failure';
import type { SageMakerContext } from './context';
import type { Deployment } from './records';

/** Throws FleetFailure where a rule says that AWS has no machines of a variant's type just now. */
export function assertCapacity(
  context: SageMakerContext,
  wanted: { readonly operation: string; readonly endpointName: string; readonly deployment: Deployment }
): void {
  const { operation, endpointName: resource, deployment } = wanted;
  for (const variant of deployment.blueprint.variants) {
    const site = { service: 'sagemaker', operation, resource, variant: variant.name } as const;
    const struck = context.faults.strike(['insufficientCapacity'], site, ({ instanceType }) =>
      globMatches(instanceType ?? '*', variant.instanceType)
    );
    if (struck)
      throw new FleetFailure(
        'Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a different ML instance type or after some time.'
      );
  }
}
