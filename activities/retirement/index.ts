import { Context } from '@temporalio/activity';
import { DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteEndpointCommand, DeleteEndpointConfigCommand, DeleteModelCommand } from '@aws-sdk/client-sagemaker';
import type { AwsClients } from '../../sagemaker/clients';
import { describeEndpoint } from '../../sagemaker/endpoint';
import { isTagged, unlessGone } from '../../sagemaker/ensure';
import { FailureError } from '../../sagemaker/faults';
import { TAGS } from '../../sagemaker/names';
import { deleteOwnMonitoringSchedules, ownAlarms, ownConfigs, ownModels } from '../../sagemaker/owned';
import { readScaling, removeScaling } from '../../sagemaker/scaling';
import type { ActivityDeps } from '../deps';
import { translated } from '../failures';
import { settled } from '../undo';
import { drainEndpoint } from './drain';
import type { RetirementActivities } from './types';

export type { RetirementActivities } from './types';

const POLL_MS = 1_000;

/**
 * Side effects of a retirement. Only what carries the endpoint's tag is deleted; what captured the past (S3) stays.
 * `schedules`: deletes what Temporal runs by schedule for an endpoint, where there is a Temporal to ask.
 */
export function createRetirementActivities(
  deps: Pick<ActivityDeps, 'now'> & { readonly aws: AwsClients },
  schedules: { delete(endpoint: string, heartbeat: () => void): Promise<readonly string[]> }
): RetirementActivities {
  const { aws } = deps;
  const { sagemaker } = aws;
  const beat = (details?: unknown): void => Context.current().heartbeat(details);
  const sleep = (ms: number): Promise<void> => Context.current().sleep(ms);
  const waiting = { ...deps, heartbeat: beat, sleep };
  return {
    drainEndpoint: (input) => translated(`drain ${input.endpoint}`, () => drainEndpoint(waiting, input)),
    retireSchedules: ({ endpoint }) =>
      translated(`delete the schedules of ${endpoint}`, async () => [
        ...(await schedules.delete(endpoint, beat)),
        ...(await deleteOwnMonitoringSchedules(sagemaker, endpoint)),
      ]),
    retireScaling: ({ endpoint }) =>
      translated(`end the scaling of ${endpoint}`, async () => {
        const description = await ours(aws, endpoint);
        const removed: string[] = [];
        for (const { VariantName: variant = '' } of description?.ProductionVariants ?? []) {
          if ((await readScaling(aws.autoscaling, { endpoint, variant })) === null) continue;
          await removeScaling(aws.autoscaling, { endpoint, variant });
          removed.push(variant);
        }
        return removed;
      }),
    retireAlarms: ({ endpoint }) =>
      translated(`delete the alarms of ${endpoint}`, async () => {
        const names = await ownAlarms(aws.cloudwatch, endpoint);
        if (names.length > 0) await aws.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [...names] }));
        return names;
      }),
    retireEndpoint: ({ endpoint }) =>
      translated(`delete endpoint ${endpoint}`, async () => {
        if ((await ours(aws, endpoint)) === null) return [];
        await settled(waiting, endpoint);
        await unlessGone(() => sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoint })));
        while ((await describeEndpoint(sagemaker, endpoint)) !== null) {
          beat('Deleting');
          await sleep(POLL_MS);
        }
        return [endpoint];
      }),
    retireConfigs: ({ endpoint }) =>
      translated(`delete the endpoint configs of ${endpoint}`, async () => {
        const names = await ownConfigs(sagemaker, endpoint);
        for (const EndpointConfigName of names)
          await unlessGone(() => sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName })));
        return names;
      }),
    retireModels: ({ endpoint }) =>
      translated(`delete the models of ${endpoint}`, async () => {
        const names = await ownModels(sagemaker, endpoint);
        for (const ModelName of names) await unlessGone(() => sagemaker.send(new DeleteModelCommand({ ModelName })));
        return names;
      }),
  };
}

/** The endpoint, when there is one and it carries our mark. */
async function ours({ sagemaker }: AwsClients, endpoint: string): ReturnType<typeof describeEndpoint> {
  const description = await describeEndpoint(sagemaker, endpoint);
  if (description === null) return null;
  if (await isTagged(sagemaker, description.EndpointArn, { Key: TAGS.endpoint, Value: endpoint })) return description;
  throw new FailureError('EndpointNotOurs', `Endpoint ${endpoint} was made by others, and is not deleted.`);
}
