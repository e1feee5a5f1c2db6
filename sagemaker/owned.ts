import { DescribeAlarmsCommand, ListTagsForResourceCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  DeleteDataQualityJobDefinitionCommand,
  DescribeMonitoringScheduleCommand,
  ListDataQualityJobDefinitionsCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  ListMonitoringSchedulesCommand,
  DeleteMonitoringScheduleCommand,
} from '@aws-sdk/client-sagemaker';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { isTagged, unlessGone } from './ensure';
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
  const used = new Set<string | undefined>();
  for (const MonitoringScheduleName of schedules.filter((name) => keep.includes(name))) {
    const { MonitoringScheduleConfig: config } = await client.send(
      new DescribeMonitoringScheduleCommand({ MonitoringScheduleName })
    );
    used.add(config?.MonitoringJobDefinitionName);
  }
  const unwanted = schedules.filter((name) => !keep.includes(name));
  for (const MonitoringScheduleName of unwanted)
    await unlessGone(() => client.send(new DeleteMonitoringScheduleCommand({ MonitoringScheduleName })));
  const unused = (await ownDefinitions(client, endpoint)).filter((name) => !used.has(name));
  for (const JobDefinitionName of unused)
    await unlessGone(() => client.send(new DeleteDataQualityJobDefinitionCommand({ JobDefinitionName })));
  return [...unwanted, ...unused];
}

function ownDefinitions(client: SageMakerClient, endpoint: string): Promise<readonly string[]> {
  return ownOf(client, endpoint, async (NextToken) => {
    const page = await client.send(
      new ListDataQualityJobDefinitionsCommand({ EndpointName: endpoint, MaxResults: 100, NextToken })
    );
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
