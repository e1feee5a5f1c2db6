import {
  CreateDataQualityJobDefinitionCommand,
  CreateMonitoringScheduleCommand,
  DeleteDataQualityJobDefinitionCommand,
  DescribeDataQualityJobDefinitionCommand,
  DescribeMonitoringScheduleCommand,
  UpdateMonitoringScheduleCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateDataQualityJobDefinitionCommandInput,
  DescribeMonitoringScheduleCommandOutput,
  MonitoringScheduleConfig,
  SageMakerClient,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { ensure, isTagged, unlessGone } from './ensure';
import { FailureError, isAlreadyThere } from './faults';
import { jobDefinitionName, monitoringScheduleName, TAGS } from './names';

/** What a data quality monitor of SageMaker's own schedule is made of. */
export interface MonitoringWish {
  readonly endpoint: string;
  readonly monitor: string;
  /** A ScheduleExpression. */
  readonly expression: string;
  readonly definition: Omit<CreateDataQualityJobDefinitionCommandInput, 'JobDefinitionName' | 'Tags'>;
  readonly tags: readonly Tag[];
}

/**
 * Makes sure that a monitoring schedule runs by this definition. Definitions cannot be changed: another content gets another name, the schedule is
 * changed to it, and the former one deleted. One that a person has stopped stays stopped. Rejects with `NameCollision` for a schedule of others.
 */
export async function ensureMonitoringSchedule(
  client: SageMakerClient,
  wish: MonitoringWish
): Promise<DescribeMonitoringScheduleCommandOutput> {
  const { endpoint, monitor, definition, expression, tags } = wish;
  const JobDefinitionName = jobDefinitionName({ endpoint, monitor, definition });
  await ensure(client, {
    what: `Job definition ${JobDefinitionName}`,
    content: definition,
    tags,
    create: (Tags) =>
      client.send(new CreateDataQualityJobDefinitionCommand({ ...definition, JobDefinitionName, Tags })),
    readArn: async () =>
      (await client.send(new DescribeDataQualityJobDefinitionCommand({ JobDefinitionName }))).JobDefinitionArn,
  });
  const MonitoringScheduleName = monitoringScheduleName({ endpoint, monitor });
  const MonitoringScheduleConfig: MonitoringScheduleConfig = {
    MonitoringJobDefinitionName: JobDefinitionName,
    MonitoringType: 'DataQuality',
    ScheduleConfig: { ScheduleExpression: expression },
  };
  const describe = () => client.send(new DescribeMonitoringScheduleCommand({ MonitoringScheduleName }));
  try {
    await client.send(
      new CreateMonitoringScheduleCommand({ MonitoringScheduleName, MonitoringScheduleConfig, Tags: [...tags] })
    );
    return await describe();
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const known = await describe();
  const own = { Key: TAGS.endpoint, Value: endpoint };
  if (!(await isTagged(client, known.MonitoringScheduleArn, own)))
    throw new FailureError('NameCollision', `Monitoring schedule ${MonitoringScheduleName} was not made by Sluice.`);
  const before = known.MonitoringScheduleConfig;
  const isSame =
    before?.MonitoringJobDefinitionName === JobDefinitionName &&
    before.ScheduleConfig?.ScheduleExpression === expression;
  if (isSame) return known;
  await client.send(new UpdateMonitoringScheduleCommand({ MonitoringScheduleName, MonitoringScheduleConfig }));
  const former = before?.MonitoringJobDefinitionName;
  if (former !== undefined && former !== JobDefinitionName)
    await unlessGone(() => client.send(new DeleteDataQualityJobDefinitionCommand({ JobDefinitionName: former })));
  return describe();
}
