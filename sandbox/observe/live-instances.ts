import type { EndpointRegistry } from '../sagemaker/endpoint-registry';

/** An instance with running containers. */
export interface LiveInstance {
  readonly endpointName: string;
  readonly variantName: string;
  /** Each leads the session of one container. */
  readonly pids: readonly number[];
  readonly logFiles: readonly string[];
}

/** Every instance that runs now, of old and new fleets, shadows too. */
export function liveInstances(registry: EndpointRegistry): readonly LiveInstance[] {
  const fleets = new Set(registry.all().flatMap(({ serving }) => serving.shares.map(({ fleet }) => fleet)));
  return [...fleets].flatMap((fleet) =>
    fleet.list.flatMap((variant) =>
      variant.instances.map(({ containers }) => ({
        endpointName: fleet.endpointName,
        variantName: variant.name,
        pids: containers.flatMap(({ pid }) => (pid === undefined || pid < 0 ? [] : [pid])),
        logFiles: containers.map(({ spec }) => spec.logFile),
      }))
    )
  );
}
