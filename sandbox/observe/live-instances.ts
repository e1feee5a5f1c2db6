import type { Jobs } from '../jobs';
import type { HostContainer } from '../jobs/host-container';
import type { Dimensions } from '../ports';
import type { Instance } from '../fleet/instance';
import type { EndpointRegistry } from '../sagemaker/endpoint-registry';

/** An instance with running containers. */
export interface LiveInstance {
  /** Where its metrics go. */
  readonly namespace: string;
  readonly dimensions: Dimensions;
  /** Each leads the session of one container. */
  readonly pids: readonly number[];
  readonly logFiles: readonly string[];
}

/** Every instance that runs now: of endpoints, of old and new fleets, shadows too, and of jobs. */
export function liveInstances(registry: EndpointRegistry, jobs: Jobs): readonly LiveInstance[] {
  const fleets = new Set(registry.all().flatMap(({ serving }) => serving.shares.map(({ fleet }) => fleet)));
  const ofEndpoints = [...fleets].flatMap((fleet) =>
    fleet.list.flatMap((variant) =>
      variant.instances.map((instance) => ({
        namespace: '/aws/sagemaker/Endpoints',
        dimensions: { EndpointName: fleet.endpointName, VariantName: variant.name },
        ...containersOf(instance),
      }))
    )
  );
  const ofTransforms = [...jobs.transform.fleets].flatMap(([name, fleet]) =>
    fleet.list.flatMap(({ instances }) =>
      instances.map((instance) => ({
        namespace: '/aws/sagemaker/TransformJobs',
        dimensions: { Host: `${name}/${instance.id}` },
        ...containersOf(instance),
      }))
    )
  );
  return [
    ...ofEndpoints,
    ...ofTransforms,
    ...hostsOf('/aws/sagemaker/ProcessingJobs', jobs.processing.hosts),
    ...hostsOf('/aws/sagemaker/TrainingJobs', jobs.training.hosts),
  ];
}

function hostsOf(
  namespace: string,
  byJob: ReadonlyMap<string, readonly { readonly container: HostContainer }[]>
): readonly LiveInstance[] {
  return [...byJob].flatMap(([job, hosts]) =>
    hosts.map(({ container: { name, pid, logFile } }) => ({
      namespace,
      dimensions: { Host: `${job}/${name}` },
      pids: pid === undefined || pid < 0 ? [] : [pid],
      logFiles: [logFile],
    }))
  );
}

function containersOf({ containers }: Instance): Pick<LiveInstance, 'pids' | 'logFiles'> {
  return {
    pids: containers.flatMap(({ pid }) => (pid === undefined || pid < 0 ? [] : [pid])),
    logFiles: containers.map(({ spec }) => spec.logFile),
  };
}
