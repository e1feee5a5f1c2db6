import type { ControlResource } from '../http/control';
import type { EndpointRegistry } from './endpoint-registry';

/** `GET` what runs now: endpoints with their fleets, shares, instances and container processes. */
export function stateResource(registry: EndpointRegistry): ControlResource {
  return async ({ method }) => {
    if (method !== 'GET') return undefined;
    return {
      endpoints: registry.all().map(({ record, serving }) => ({
        name: record.name,
        status: record.status,
        configName: record.live.blueprint.configName,
        fleets: serving.shares.map(({ fleet, share }) => ({
          configName: fleet.blueprint.configName,
          share,
          variants: fleet.list.map((variant) => ({
            name: variant.name,
            weight: variant.weight,
            instances: variant.instances.map((instance) => ({
              id: instance.id,
              isServing: instance.isServing,
              outstanding: instance.outstanding,
              containers: instance.containers.map((container) => ({
                hostname: container.spec.hostname,
                isHealthy: container.isHealthy,
                pid: container.pid,
                log: container.spec.logFile,
              })),
            })),
          })),
        })),
      })),
    };
  };
}
