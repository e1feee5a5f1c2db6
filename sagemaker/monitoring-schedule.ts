import {
  CreateMonitoringScheduleCommand,
  DescribeMonitoringScheduleCommand,
  UpdateMonitoringScheduleCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  DescribeMonitoringScheduleCommandOutput,
  MonitoringScheduleConfig,
  SageMakerClient,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { ensure, isTagged, unlessGone } from './ensure';
import { FailureError, isAlreadyThere } from './faults';
import { createJobDefinition, deleteJobDefinition, jobDefinitionArn } from './job-definitions';
import type { JobDefinition } from './job-definitions';
import { jobDefinitionName, monitoringScheduleName, TAGS } from './names';

/** What a monitor of SageMaker's own schedule is made of. */
export interface MonitoringWish {
  readonly endpoint: string;
  readonly monitor: string;
  /** A ScheduleExpression. */
  readonly expression: string;
  readonly definition: JobDefinition;
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
  const { type } = definition;
  const JobDefinitionName = jobDefinitionName({ endpoint, monitor, definition: definition.input });
  await ensure(client, {
    what: `Job definition ${JobDefinitionName}`,
    content: definition.input,
    tags,
    create: (Tags) => createJobDefinition(client, definition, { JobDefinitionName, Tags }),
    readArn: () => jobDefinitionArn(client, { type, name: JobDefinitionName }),
  });
  const MonitoringScheduleName = monitoringScheduleName({ endpoint, monitor });
  const MonitoringScheduleConfig: MonitoringScheduleConfig = {
    MonitoringJobDefinitionName: JobDefinitionName,
    MonitoringType: type,
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
    before.MonitoringType === type &&
    before.ScheduleConfig?.ScheduleExpression === expression;
  if (isSame) return known;
  await client.send(new UpdateMonitoringScheduleCommand({ MonitoringScheduleName, MonitoringScheduleConfig }));
  const former = before?.MonitoringJobDefinitionName;
  const formerType = before?.MonitoringType ?? type;
  if (former !== undefined && (former !== JobDefinitionName || formerType !== type))
    await unlessGone(() => deleteJobDefinition(client, { type: formerType, name: former }));
  return describe();
}
