import { DescribeAlarmsCommand, ListTagsForResourceCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  DescribeMonitoringScheduleCommand,
  DescribeProcessingJobCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  ListMonitoringExecutionsCommand,
  ListMonitoringSchedulesCommand,
  DeleteMonitoringScheduleCommand,
  StopMonitoringScheduleCommand,
  StopProcessingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { MonitoringType, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { isTagged, unlessGone } from './ensure';
import { FailureError } from './faults';
import { deleteJobDefinition, listJobDefinitions, MONITORING_TYPES } from './job-definitions';
import { TAGS } from './names';

/** Names are cut behind at least so many characters of the endpoint's name (`resourceNames`). */
const COMMON_STEM = 40;

interface Listed {
  readonly name: string | undefined;
  readonly arn: string | undefined;
}

/** Names of the endpoint configs that Sluice has made for an endpoint. */
export function ownConfigs(client: SageMakerClient, endpoint: string): Promise<readonly string[]> {
  return ownOf(client, endpoint, async (NextToken) => {
    const page = await client.send(
      new ListEndpointConfigsCommand({ NameContains: endpoint.slice(0, COMMON_STEM), MaxResults: 100, NextToken })
    );
    const found = (page.EndpointConfigs ?? []).map((one) => ({
      name: one.EndpointConfigName,
      arn: one.EndpointConfigArn,
    }));
    return { found, next: page.NextToken };
  });
}

/** Names of the models that Sluice has made for an endpoint. */
export function ownModels(client: SageMakerClient, endpoint: string): Promise<readonly string[]> {
  return ownOf(client, endpoint, async (NextToken) => {
    const page = await client.send(
      new ListModelsCommand({ NameContains: endpoint.slice(0, COMMON_STEM), MaxResults: 100, NextToken })
    );
    const found = (page.Models ?? []).map((one) => ({ name: one.ModelName, arn: one.ModelArn }));
    return { found, next: page.NextToken };
  });
}

/**
 * Deletes SageMaker's monitoring schedules that Sluice has made for an endpoint, but for those to `keep`, and the job definitions that none of
 * these uses. Returns the names.
 */
export async function deleteOwnMonitoringSchedules(
  client: SageMakerClient,
  endpoint: string,
  keep: readonly string[] = []
): Promise<readonly string[]> {
  const schedules = await ownOf(client, endpoint, async (NextToken) => {
    const page = await client.send(
      new ListMonitoringSchedulesCommand({ EndpointName: endpoint, MaxResults: 100, NextToken })
    );
    const found = (page.MonitoringScheduleSummaries ?? []).map((one) => ({
      name: one.MonitoringScheduleName,
      arn: one.MonitoringScheduleArn,
    }));
    return { found, next: page.NextToken };
  });
  const used = new Set<string>();
  for (const MonitoringScheduleName of schedules.filter((name) => keep.includes(name))) {
    const { MonitoringScheduleConfig: config } = await client.send(
      new DescribeMonitoringScheduleCommand({ MonitoringScheduleName })
    );
    used.add(`${config?.MonitoringType}/${config?.MonitoringJobDefinitionName}`);
  }
  const unwanted = schedules.filter((name) => !keep.includes(name));
  for (const MonitoringScheduleName of unwanted) await unlessGone(() => deleteSchedule(client, MonitoringScheduleName));
  const unused: string[] = [];
  for (const type of MONITORING_TYPES)
    for (const name of await ownDefinitions(client, endpoint, type)) {
      if (used.has(`${type}/${name}`)) continue;
      await unlessGone(() => deleteJobDefinition(client, { type, name }));
      unused.push(name);
    }
  return [...unwanted, ...unused];
}

/** SageMaker deletes none while an execution runs: that is stopped, and whoever asks again finds it over. Rejects with `EndpointBusy` until then. */
async function deleteSchedule(client: SageMakerClient, name: string): Promise<void> {
  try {
    await client.send(new DeleteMonitoringScheduleCommand({ MonitoringScheduleName: name }));
  } catch (error) {
    if (!(error instanceof Error) || !/in progress/i.test(error.message)) throw error;
    await endExecutions(client, name);
    throw new FailureError(
      'EndpointBusy',
      `Monitoring schedule ${name} has an execution in progress, which is being stopped.`,
      {
        cause: error,
      }
    );
  }
}

async function endExecutions(client: SageMakerClient, name: string): Promise<void> {
  const { MonitoringScheduleStatus: status } = await client.send(
    new DescribeMonitoringScheduleCommand({ MonitoringScheduleName: name })
  );
  if (status === 'Scheduled') await client.send(new StopMonitoringScheduleCommand({ MonitoringScheduleName: name }));
  const { MonitoringExecutionSummaries: running = [] } = await client.send(
    new ListMonitoringExecutionsCommand({ MonitoringScheduleName: name, StatusEquals: 'InProgress' })
  );
  for (const { ProcessingJobArn: arn } of running) {
    const job = arn?.split('/').at(-1);
    if (job === undefined) continue;
    // It may end by itself just now.
    const { ProcessingJobStatus } = await client.send(new DescribeProcessingJobCommand({ ProcessingJobName: job }));
    if (ProcessingJobStatus !== 'InProgress') continue;
    await client.send(new StopProcessingJobCommand({ ProcessingJobName: job }));
  }
}

function ownDefinitions(client: SageMakerClient, endpoint: string, type: MonitoringType): Promise<readonly string[]> {
  return ownOf(client, endpoint, async (next) => {
    const page = await listJobDefinitions(client, { type, endpoint, next });
    const found = (page.JobDefinitionSummaries ?? []).map((one) => ({
      name: one.MonitoringJobDefinitionName,
      arn: one.MonitoringJobDefinitionArn,
    }));
    return { found, next: page.NextToken };
  });
}

/** Names of the alarms that Sluice has made for an endpoint. */
export async function ownAlarms(client: CloudWatchClient, endpoint: string): Promise<readonly string[]> {
  const own: string[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new DescribeAlarmsCommand({
        AlarmNamePrefix: `sluice-${endpoint.slice(0, COMMON_STEM)}`,
        AlarmTypes: ['MetricAlarm'],
        ...(next !== undefined && { NextToken: next }),
      })
    );
    for (const { AlarmName, AlarmArn } of page.MetricAlarms ?? []) {
      const { Tags = [] } = await client.send(new ListTagsForResourceCommand({ ResourceARN: AlarmArn }));
      if (AlarmName !== undefined && Tags.some(({ Key, Value }) => Key === TAGS.endpoint && Value === endpoint))
        own.push(AlarmName);
    }
    next = page.NextToken;
  } while (next !== undefined);
  return own;
}

async function ownOf(
  client: SageMakerClient,
  endpoint: string,
  read: (next: string | undefined) => Promise<{ readonly found: readonly Listed[]; readonly next: string | undefined }>
): Promise<readonly string[]> {
  const own: string[] = [];
  let next: string | undefined;
  do {
    const page = await read(next);
    for (const { name, arn } of page.found)
      if (name !== undefined && (await isTagged(client, arn, { Key: TAGS.endpoint, Value: endpoint }))) own.push(name);
    next = page.next;
  } while (next !== undefined);
  return own;
}
