import { Context } from '@temporalio/activity';
import { translated } from '../activities/failures';
import { askTemporal } from '../activities/incumbent';
import type { MonitorRunActivities, OwnerActivities } from '../activities/monitoring/run-types';
import { createRetirementActivities } from '../activities/retirement';
import type { RetirementActivities } from '../activities/retirement/types';
import { endpointWorkflowId, servingNow } from '../rollout';
import type { EndpointState, MonitorTarget, Served } from '../rollout';
import type { AwsClients } from '../sagemaker/clients';
import { readBusiestVariant } from '../sagemaker/endpoint';
import { monitoringScheduleName } from '../sagemaker/names';
import { deleteOwnMonitoringSchedules } from '../sagemaker/owned';
import type { RolloutSpec } from '../spec/types';
import { endpointQuery, monitoredUpdate } from '../workflows/messages';
import { ownerStart } from './owner';
import { applyMonitorSchedules } from './schedules/monitors';
import { deleteSchedulesOf } from './schedules/remove';

type LifecycleActivities = RetirementActivities &
  OwnerActivities &
  Pick<MonitorRunActivities, 'monitorTarget' | 'tellOwner'>;

/** What the life of an endpoint asks of Temporal beside AWS. */
export function createLifecycleActivities({ aws }: { readonly aws: AwsClients }): LifecycleActivities {
  const schedules = {
    delete: (name: string, heartbeat: () => void) => deleteSchedulesOf(Context.current().client, name, heartbeat),
  };
  return {
    ...createRetirementActivities({ aws, now: Date.now }, schedules),
    monitorTarget: (input) => translated(`ask who serves ${input.endpoint}`, () => monitorTarget(aws, input)),
    applySchedules: (input) =>
      translated(`set the schedules of ${input.spec.endpoint}`, async () => {
        const { client, info } = Context.current();
        const applied = await applyMonitorSchedules(client, { ...input, taskQueue: info.taskQueue });
        // What SageMaker runs for a monitor that is no longer in the file would go on for ever.
        const ended = await deleteOwnMonitoringSchedules(
          aws.sagemaker,
          input.spec.endpoint,
          scheduledBySageMaker(input.spec)
        );
        const said = Object.entries({ ...applied, 'deleted at SageMaker': ended }).flatMap(
          ([what, ids]: [string, readonly string[]]) => (ids.length === 0 ? [] : [`${what} ${ids.join(', ')}`])
        );
        return said.length === 0 ? 'No schedules to set.' : `Schedules: ${said.join('; ')}.`;
      }),
    tellOwner: (input) => translated(`tell the owner of ${input.endpoint}`, () => tellOwner(input)),
  };
}

function scheduledBySageMaker({ endpoint, monitors = [] }: RolloutSpec): readonly string[] {
  return monitors
    .filter(({ monitoringSchedule }) => monitoringSchedule === true)
    .map(({ name }) => monitoringScheduleName({ endpoint, monitor: name }));
}

type Asked = Parameters<MonitorRunActivities['monitorTarget']>[0];

async function monitorTarget(aws: AwsClients, { endpoint: name, kind }: Asked): Promise<MonitorTarget> {
  const state = await askTemporal<EndpointState>(endpointWorkflowId(name), endpointQuery.name);
  const serving = state === null ? null : servingNow(state);
  const running = state?.running ?? null;
  const rollout = running && {
    id: running.id,
    isWatching: running.isWatching,
    candidates: running.spec?.candidates.map((candidate) => candidate.name) ?? [],
  };
  if (serving === null) return { served: await servedOn(aws, name), baseline: null, rollout };
  const { version, variant, modelName, configName, baselines } = serving;
  return { served: { version, variant, modelName, configName }, baseline: baselines[kind] ?? null, rollout };
}

/** An endpoint that Sluice has brought nothing to yet, as SageMaker describes it: the variant with the most traffic. */
async function servedOn({ sagemaker }: AwsClients, name: string): Promise<Served | null> {
  const busiest = await readBusiestVariant(sagemaker, name);
  if (busiest === null) return null;
  const { name: variant, version = variant, modelName, configName } = busiest;
  return { version, variant, modelName, configName };
}

function tellOwner({
  endpoint: name,
  searchAttributes,
  news,
  key,
}: Parameters<MonitorRunActivities['tellOwner']>[0]): ReturnType<MonitorRunActivities['tellOwner']> {
  const { client, info } = Context.current();
  return client.workflow.executeUpdateWithStart(monitoredUpdate, {
    startWorkflowOperation: ownerStart({ endpoint: name, taskQueue: info.taskQueue, searchAttributes }),
    args: [news],
    // Should the answer be lost, the owner answers the repetition as it did before.
    updateId: key,
  });
}
