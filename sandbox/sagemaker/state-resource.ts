import type { ControlResource } from '../http/control';
import type { Jobs } from '../jobs';
import type { EndpointRegistry } from './endpoint-registry';

/** `GET` what runs now: endpoints with their fleets, shares, instances and container processes, and the instances of jobs. */
export function stateResource(registry: EndpointRegistry, jobs: Jobs): ControlResource {
  return async ({ method }) => {
    if (method !== 'GET') return undefined;
    return {
      jobs: jobInstances(jobs),
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

function jobInstances({ transform, processing, training }: Jobs) {
  const hosted = [
    ...[...processing.hosts].map(([name, hosts]) => ({ kind: 'processing', name, hosts })),
    ...[...training.hosts].map(([name, hosts]) => ({ kind: 'training', name, hosts })),
  ];
  return [
    ...[...transform.fleets].map(([name, fleet]) => ({
      ...{ kind: 'transform', name },
      instances: fleet.list.flatMap(({ instances }) =>
        instances.map(({ id, containers }) => ({ id, pids: containers.map(({ pid }) => pid) }))
      ),
    })),
    ...hosted.map(({ kind, name, hosts }) => ({
      ...{ kind, name },
      instances: hosts.map(({ container }) => ({ id: container.name, pids: [container.pid] })),
    })),
  ];
}
