import { globMatches } from '../engine/glob';
import { resourceLimitExceeded } from '../wire/errors';
import { SERVERLESS } from './blueprint-of';
import type { SageMakerContext } from './context';
import type { Deployment } from './records';

/** Throws ResourceLimitExceeded when `added` instances by type do not fit beside what all endpoints have or are getting. */
export function assertQuota(
  context: SageMakerContext,
  asked: {
    readonly operation: string;
    readonly endpointName: string;
    readonly added: ReadonlyMap<string, number>;
  }
): void {
  const { operation, endpointName: resource, added } = asked;
  const used = new Map<string, number>();
  for (const { live, pending, mixed, status } of context.tables.endpoints.all()) {
    if (status === 'Failed') continue;
    for (const deployment of [live, pending, mixed?.deployment])
      for (const [type, count] of deployment ? instancesByType(deployment) : [])
        used.set(type, (used.get(type) ?? 0) + count);
  }
  for (const [type, delta] of added) {
    const current = used.get(type) ?? 0;
    const site = { service: 'sagemaker', operation, resource } as const;
    const struck = context.faults.strike(['quota'], site, ({ instanceType }) => globMatches(instanceType ?? '*', type));
    const limit = struck?.fault.instances ?? context.knobs.instancesPerType;
    if (delta <= 0 || current + delta <= limit) continue;
    throw resourceLimitExceeded(
      `The account-level service limit '${type} for endpoint usage' is ${limit} Instances, with current utilization of ${current} Instances and a request delta of ${delta} Instances. Please contact AWS support to request an increase for this limit.`
    );
  }
}

/** Instances that a deployment has or wants, by instance type. */
export function instancesByType(deployment: Deployment): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const variant of deployment.variants) {
    const type = deployment.blueprint.variants.find((candidate) => candidate.name === variant.name)?.instanceType ?? '';
    // What is serverless has limits of its own.
    if (type !== SERVERLESS)
      counts.set(type, (counts.get(type) ?? 0) + Math.max(variant.currentCount, variant.desiredCount));
  }
  return counts;
}
