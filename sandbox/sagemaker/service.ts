import type { Service } from '../http/service';
import { awsJsonService } from '../wire/aws-json';
import { loadModel } from '../wire/model';
import type { Jobs } from '../jobs';
import { createJobs } from '../jobs';
import { createMonitoring } from '../monitoring';
import type { MonitoringScheduler } from '../monitoring/scheduler';
import type { MetricSink } from '../ports';
import type { SageMakerContext } from './context';
import { endpointConfigHandlers } from './endpoint-configs';
import { EndpointRegistry } from './endpoint-registry';
import { endpointHandlers } from './endpoints';
import { ExperimentRegistry } from './experiments/experiment-registry';
import { experimentHandlers } from './experiments/handlers';
import { modelHandlers } from './models';
import type { Handlers } from './operations';
import { packageGroupHandlers } from './registry/groups';
import { PackageChecks } from './registry/package-checks';
import { packageHandlers } from './registry/packages';
import { dropOrphanTags, tagHandlers } from './tags';

/** SageMaker's control plane, and the endpoints that the runtime serves. */
export function createSageMaker(
  context: SageMakerContext,
  options: { readonly checkOutputs: boolean; readonly sink: MetricSink }
): {
  readonly service: Service;
  readonly registry: EndpointRegistry;
  readonly packageChecks: PackageChecks;
  readonly experiments: ExperimentRegistry;
  readonly jobs: Jobs;
  readonly monitoring: MonitoringScheduler;
  readonly handlers: Handlers;
} {
  dropOrphanTags(context);
  const registry = new EndpointRegistry(context);
  const endpoints = endpointHandlers(context, registry);
  // What customers may not do to a shadow variant, SageMaker itself still does.
  const lenient = { ...context, knobs: { ...context.knobs, shadowWeights: 'changeable' } as const };
  const calls = { registry, handlers: endpointHandlers(lenient, registry) };
  const experiments = new ExperimentRegistry(context, calls);
  const packageChecks = new PackageChecks(context);
  const jobs = createJobs(context, options.sink);
  const monitoring = createMonitoring(context, jobs);
  const handlers: Handlers = {
    ...modelHandlers(context),
    ...endpointConfigHandlers(context),
    ...endpoints,
    ...experimentHandlers(context, experiments, registry),
    ...packageGroupHandlers(context),
    ...packageHandlers(context, packageChecks),
    ...tagHandlers(context),
    ...jobs.handlers,
    ...monitoring.handlers,
  };
  return {
    service: awsJsonService({
      ...{ model: loadModel('sagemaker'), handlers, reword: context.reword },
      checkOutputs: options.checkOutputs,
    }),
    registry,
    packageChecks,
    experiments,
    jobs,
    monitoring: monitoring.scheduler,
    handlers,
  };
}
