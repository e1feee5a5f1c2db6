import type { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { experimentable, experimentIn, experimentOn } from './experiments';
import { paginateListProcessingJobs } from '@aws-sdk/client-sagemaker';
import type { Clients } from './harness';
import { ROLE, settledEndpoint, until } from './harness';
import type { Ledger, Step } from './ledger';

export type Scripted = Clients & { readonly autoScaling: ApplicationAutoScaling };

/** Draws the next whole number below `n`; seeded. */
export type Draw = (n: number) => number;

/** What a lane does next, as far as its own keys are known. Lanes run side by side; no two share a key. */
export type Lane = (clients: Scripted, ledger: Ledger, draw: Draw) => Step;

const BUCKET = 'kept';
export const ENDPOINT = 'kept';
const ENDPOINT_ARN = `arn:aws:sagemaker:us-east-1:123456789012:endpoint/${ENDPOINT}`;
const TARGET = {
  ServiceNamespace: 'sagemaker',
  ResourceId: `endpoint/${ENDPOINT}/variant/v`,
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const;

export const LANES: Readonly<Record<string, Lane>> = {
  models: ({ sagemaker }, ledger, draw) => {
    const key = `model/m-${draw(20)}`;
    const ModelName = key.slice('model/'.length);
    if (ledger.value(key) !== undefined)
      return { key, value: undefined, call: () => sagemaker.deleteModel({ ModelName }) };
    const Image = `server:${draw(1_000)}`;
    return {
      key,
      value: Image,
      call: () => sagemaker.createModel({ ModelName, ExecutionRoleArn: ROLE, PrimaryContainer: { Image } }),
    };
  },

  tags: ({ sagemaker }, ledger, draw) => {
    const Key = `k${draw(5)}`;
    const key = `tag/${Key}`;
    if (ledger.value(key) !== undefined && draw(3) === 0)
      return {
        key,
        value: undefined,
        call: () => sagemaker.deleteTags({ ResourceArn: ENDPOINT_ARN, TagKeys: [Key] }),
      };
    const value = String(draw(1_000));
    return { key, value, call: () => sagemaker.addTags({ ResourceArn: ENDPOINT_ARN, Tags: [{ Key, Value: value }] }) };
  },

  endpoints: ({ sagemaker }, _ledger, draw) => {
    const weight = 1 + draw(1_000);
    return {
      key: 'weight/kept',
      value: String(weight),
      call: async () => {
        await settledEndpoint(sagemaker, ENDPOINT);
        await sagemaker.updateEndpointWeightsAndCapacities({
          EndpointName: ENDPOINT,
          DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: weight }],
        });
      },
    };
  },

  objects: ({ s3 }, ledger, draw) => {
    const Key = `o-${draw(12)}`;
    const key = `object/${Key}`;
    const kind = draw(4);
    if (ledger.value(key) !== undefined && kind === 0)
      return { key, value: undefined, call: () => s3.deleteObject({ Bucket: BUCKET, Key }) };
    const value = `${draw(1_000_000)}`;
    if (kind > 1) return { key, value, call: () => s3.putObject({ Bucket: BUCKET, Key, Body: value }) };
    return {
      key,
      value,
      call: async () => {
        const at = {
          Bucket: BUCKET,
          Key,
          UploadId: (await s3.createMultipartUpload({ Bucket: BUCKET, Key })).UploadId,
        };
        const { ETag } = await s3.uploadPart({ ...at, PartNumber: 1, Body: value });
        await s3.completeMultipartUpload({ ...at, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
      },
    };
  },

  packages: ({ sagemaker }, ledger, draw) => {
    const ModelPackageName = `p-${draw(10)}`;
    const key = `package/${ModelPackageName}`;
    if (ledger.value(key) !== undefined)
      return { key, value: undefined, call: () => sagemaker.deleteModelPackage({ ModelPackageName }) };
    const ModelPackageDescription = String(draw(1_000));
    const types = {
      SupportedTransformInstanceTypes: ['ml.m5.large' as const],
      SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large' as const],
    };
    const InferenceSpecification = { Containers: [{ Image: 'server:1' }], ...types };
    return {
      key,
      value: ModelPackageDescription,
      call: () => sagemaker.createModelPackage({ ModelPackageName, ModelPackageDescription, InferenceSpecification }),
    };
  },

  versions: ({ sagemaker }, ledger) => {
    const key = 'versions/kept';
    return {
      key,
      value: String(Number(ledger.value(key) ?? 0) + 1),
      call: () => sagemaker.createModelPackage({ ModelPackageGroupName: 'kept' }),
    };
  },

  approvals: ({ sagemaker }, ledger, draw) => {
    const key = 'approval/reviewed';
    const of = { ModelPackageGroupName: 'reviewed' };
    if (ledger.value(key) === undefined)
      return {
        key,
        value: 'PendingManualApproval',
        call: () => sagemaker.createModelPackage({ ...of, ClientToken: 'reviewed' }),
      };
    const [approval, ApprovalDescription] = [draw(2) === 0 ? 'Approved' : 'Rejected', String(draw(1_000))] as const;
    const ModelPackageArn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/reviewed/1';
    return {
      key,
      value: `${approval} ${ApprovalDescription}`,
      call: () => sagemaker.updateModelPackage({ ModelPackageArn, ModelApprovalStatus: approval, ApprovalDescription }),
    };
  },

  experiments: ({ sagemaker }, ledger, draw) => {
    const key = 'experiment/kept';
    const Name = 'kept';
    if (ledger.value(key) !== undefined)
      return {
        key,
        value: undefined,
        call: async () => {
          await experimentIn({ sagemaker }, Name, 'Created');
          await sagemaker.deleteInferenceExperiment({ Name });
        },
      };
    const Description = String(draw(1_000));
    const Schedule = { StartTime: new Date(Date.now() + 86_400_000) };
    return {
      key,
      value: Description,
      call: () => sagemaker.createInferenceExperiment(experimentOn('watched', { Name, Description, Schedule })),
    };
  },

  alarms: ({ cloudWatch }, ledger, draw) => {
    const AlarmName = `a-${draw(8)}`;
    const key = `alarm/${AlarmName}`;
    if (ledger.value(key) !== undefined && draw(3) === 0)
      return { key, value: undefined, call: () => cloudWatch.deleteAlarms({ AlarmNames: [AlarmName] }) };
    const Threshold = draw(1_000);
    const rest = { Namespace: 'N', MetricName: 'm', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 } as const;
    return {
      key,
      value: String(Threshold),
      call: () =>
        cloudWatch.putMetricAlarm({ AlarmName, Threshold, ComparisonOperator: 'GreaterThanThreshold', ...rest }),
    };
  },

  metrics: ({ cloudWatch }, ledger, draw) => {
    const MetricName = `n-${draw(4)}`;
    const key = `metric/${MetricName}`;
    return {
      key,
      value: String(Number(ledger.value(key) ?? 0) + 1),
      call: () => cloudWatch.putMetricData({ Namespace: 'Kept', MetricData: [{ MetricName, Value: 1 }] }),
    };
  },

  jobs: ({ sagemaker }, _ledger, draw) => {
    // A name is used once, and keeps its job.
    const ProcessingJobName = `p-${draw(1e9)}`;
    const N = String(draw(1_000));
    return {
      key: `job/${ProcessingJobName}`,
      value: N,
      call: async () => {
        // The account has twenty instances.
        await until(async () => ((await inProgress(sagemaker)) < 15 ? true : undefined));
        await sagemaker.createProcessingJob({
          ...{ ProcessingJobName, RoleArn: ROLE, Environment: { N } },
          AppSpecification: { ImageUri: 'server:1', ContainerEntrypoint: ['true'] },
          ProcessingResources: { ClusterConfig: { ...CLUSTER, InstanceCount: 1 } },
        });
      },
    };
  },

  schedules: ({ sagemaker }, ledger, draw) => {
    const MonitoringScheduleName = `s-${draw(6)}`;
    const key = `schedule/${MonitoringScheduleName}`;
    if (ledger.value(key) !== undefined)
      return { key, value: undefined, call: () => sagemaker.deleteMonitoringSchedule({ MonitoringScheduleName }) };
    const ScheduleExpression = `cron(0 ${draw(24)} ? * * *)`;
    return {
      key,
      value: ScheduleExpression,
      call: () =>
        sagemaker.createMonitoringSchedule({
          MonitoringScheduleName,
          MonitoringScheduleConfig: {
            ...{ MonitoringJobDefinitionName: 'kept', MonitoringType: 'DataQuality' },
            ScheduleConfig: { ScheduleExpression },
          },
        }),
    };
  },

  scaling: ({ autoScaling }, ledger, draw) => {
    const key = 'target/kept';
    if (ledger.value(key) !== undefined && draw(4) === 0)
      return { key, value: undefined, call: () => autoScaling.deregisterScalableTarget(TARGET) };
    const MaxCapacity = 1 + draw(1_000);
    return {
      key,
      value: String(MaxCapacity),
      call: () => autoScaling.registerScalableTarget({ ...TARGET, MinCapacity: 1, MaxCapacity }),
    };
  },
};

async function inProgress(sagemaker: Clients['sagemaker']): Promise<number> {
  const { ProcessingJobSummaries = [] } = await sagemaker.listProcessingJobs({
    ...{ StatusEquals: 'InProgress', MaxResults: 100 },
  });
  return ProcessingJobSummaries.length;
}

const CLUSTER = { InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 } as const;

/** All that the lanes write, as the services tell it. */
export async function observe({ sagemaker, s3, cloudWatch, autoScaling }: Scripted): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const { ModelName = '' } of (await sagemaker.listModels({ NameContains: 'm-', MaxResults: 100 })).Models ?? [])
    seen.set(
      `model/${ModelName}`,
      (await sagemaker.describeModel({ ModelName })).PrimaryContainer?.Image ?? 'no image'
    );
  const packages = await sagemaker.listModelPackages({ NameContains: 'p-', MaxResults: 100 });
  for (const { ModelPackageName: name, ModelPackageDescription: text } of packages.ModelPackageSummaryList ?? [])
    seen.set(`package/${name}`, text ?? 'no text');
  const latest = await sagemaker.listModelPackages({
    ...{ ModelPackageGroupName: 'kept', SortBy: 'Name', SortOrder: 'Descending', MaxResults: 1 },
  });
  for (const { ModelPackageVersion: version } of latest.ModelPackageSummaryList ?? [])
    seen.set('versions/kept', String(version));
  const reviewed = await sagemaker.listModelPackages({ ModelPackageGroupName: 'reviewed' });
  for (const { ModelPackageArn: ModelPackageName } of reviewed.ModelPackageSummaryList ?? []) {
    const described = await sagemaker.describeModelPackage({ ModelPackageName });
    seen.set('approval/reviewed', [described.ModelApprovalStatus, described.ApprovalDescription].join(' ').trim());
  }
  for (const { Name, Description } of (await sagemaker.listInferenceExperiments({})).InferenceExperiments ?? [])
    seen.set(`experiment/${Name}`, Description ?? 'no text');
  for (const { Key, Value } of (await sagemaker.listTags({ ResourceArn: ENDPOINT_ARN })).Tags ?? [])
    seen.set(`tag/${Key}`, Value ?? '');
  const { ProductionVariants = [] } = await settledEndpoint(sagemaker, ENDPOINT);
  seen.set('weight/kept', String(ProductionVariants[0]?.CurrentWeight));
  for (const { Key = '' } of (await s3.listObjectsV2({ Bucket: BUCKET })).Contents ?? [])
    seen.set(
      `object/${Key}`,
      (await (await s3.getObject({ Bucket: BUCKET, Key })).Body?.transformToString()) ?? 'no body'
    );
  for (const { AlarmName, Threshold } of (await cloudWatch.describeAlarms({ AlarmNamePrefix: 'a-' })).MetricAlarms ??
    [])
    seen.set(`alarm/${AlarmName}`, String(Threshold));
  const window = { StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date(Date.now() + 3_600_000) };
  for (const { MetricName } of (await cloudWatch.listMetrics({ Namespace: 'Kept' })).Metrics ?? []) {
    const request = { ...window, Namespace: 'Kept', MetricName, Period: 60, Statistics: ['Sum' as const] };
    const { Datapoints = [] } = await cloudWatch.getMetricStatistics(request);
    seen.set(`metric/${MetricName}`, String(Datapoints.reduce((sum, point) => sum + (point.Sum ?? 0), 0)));
  }
  for await (const { ProcessingJobSummaries = [] } of paginateListProcessingJobs({ client: sagemaker }, {}))
    for (const { ProcessingJobName = '' } of ProcessingJobSummaries)
      seen.set(
        `job/${ProcessingJobName}`,
        (await sagemaker.describeProcessingJob({ ProcessingJobName })).Environment?.['N'] ?? 'no environment'
      );
  for (const { MonitoringScheduleName = '' } of (await sagemaker.listMonitoringSchedules({ MaxResults: 100 }))
    .MonitoringScheduleSummaries ?? []) {
    const { MonitoringScheduleConfig } = await sagemaker.describeMonitoringSchedule({ MonitoringScheduleName });
    seen.set(`schedule/${MonitoringScheduleName}`, MonitoringScheduleConfig?.ScheduleConfig?.ScheduleExpression ?? '');
  }
  const targets = await autoScaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
  for (const { MaxCapacity } of targets.ScalableTargets ?? []) seen.set('target/kept', String(MaxCapacity));
  return seen;
}

/** Makes what the lanes need. */
export async function prepare({ sagemaker, s3 }: Scripted): Promise<void> {
  await s3.createBucket({ Bucket: BUCKET });
  await sagemaker.createModel({
    ModelName: 'kept',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'server:1', Environment: { REPLY: 'kept' } },
  });
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'kept',
    ProductionVariants: [{ VariantName: 'v', ModelName: 'kept', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
  });
  await sagemaker.createEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'kept' });
  await settledEndpoint(sagemaker, ENDPOINT);
  for (const ModelPackageGroupName of ['kept', 'reviewed'])
    await sagemaker.createModelPackageGroup({ ModelPackageGroupName });
  await experimentable(sagemaker, 'watched');
  await sagemaker.createDataQualityJobDefinition({
    ...{ JobDefinitionName: 'kept', RoleArn: ROLE, DataQualityAppSpecification: { ImageUri: 'server:1' } },
    DataQualityJobInput: { EndpointInput: { EndpointName: ENDPOINT, LocalPath: '/opt/ml/processing/input' } },
    DataQualityJobOutputConfig: {
      MonitoringOutputs: [{ S3Output: { S3Uri: `s3://${BUCKET}`, LocalPath: '/opt/ml/processing/output' } }],
    },
    JobResources: { ClusterConfig: { ...CLUSTER, InstanceCount: 1 } },
  });
}
