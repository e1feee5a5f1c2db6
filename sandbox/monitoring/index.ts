import type { Jobs } from '../jobs';
import type { SageMakerContext } from '../sagemaker/context';
import type { Handlers } from '../sagemaker/operations';
import { definitionHandlers } from './definitions';
import { executionHandlers } from './executions';
import type { MonitoringOperations } from './operations';
import { scheduleHandlers } from './schedules';
import { MonitoringScheduler } from './scheduler';

/** Model monitoring: job definitions, schedules, and the executions that these make. */
export function createMonitoring(
  context: SageMakerContext,
  jobs: Jobs
): { readonly handlers: Handlers<keyof MonitoringOperations>; readonly scheduler: MonitoringScheduler } {
  const scheduler = new MonitoringScheduler(context, jobs);
  return {
    handlers: {
      ...definitionHandlers(context),
      ...scheduleHandlers(context, scheduler),
      ...executionHandlers(context),
    },
    scheduler,
  };
}
