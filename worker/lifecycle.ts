import { Context } from '@temporalio/activity';
import { createRetirementActivities } from '../activities/retirement';
import type { RetirementActivities } from '../activities/retirement/types';
import type { AwsClients } from '../sagemaker/clients';
import { deleteSchedulesOf } from './schedules';

/** What the life of an endpoint asks of Temporal beside AWS. */
export function createLifecycleActivities({ aws }: { readonly aws: AwsClients }): RetirementActivities {
  return createRetirementActivities(
    { aws, now: Date.now },
    { delete: (endpoint, heartbeat) => deleteSchedulesOf(Context.current().client, endpoint, heartbeat) }
  );
}
