import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SageMaker } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { MockActivityEnvironment } from '@temporalio/testing';
import path from 'node:path';
import { createActivities } from '../../activities';
import type { PlannedContext, RolloutActivities } from '../../activities/types';
import type { Layout, LiveEndpoint, RolloutPlan } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { resourceNames } from '../../sagemaker/names';
import type { ImageMap } from '../../sandbox/fleet/images';
import type { SandboxOptions } from '../../sandbox/options';
import { startSandbox } from '../../sandbox/start';
import type { Sandbox } from '../../sandbox/start';
import type { AutoscalingSettings, InstanceChoice, ModelSource, RolloutSpec } from '../../spec/types';
import { aSpec } from './spec';

const running = (file: string) => ({ command: [process.execPath, path.join(__dirname, file)] });

/** What stands in for the image of every candidate in these tests, for the other containers of a pipeline, and for many models in one. */
export const CLASSIFIER: ImageMap = {
  'classifier:*': running('classifier.js'),
  'step:*': running('pipeline-step.js'),
  'many:*': running('sandbox/multi-model-container.js'),
  'batch:*': running('sandbox/batch-container.js'),
  'trainer:*': running('sandbox/trainer.js'),
};

export interface ActivityWorld {
  readonly sandbox: Sandbox;
  readonly aws: AwsClients & { readonly sagemaker: SageMaker; readonly autoscaling: ApplicationAutoScaling };
  /** The real activities, each call in an activity context of its own. */
  readonly activities: RolloutActivities;
  /** The same with another clock. */
  activitiesAt(now: () => number): RolloutActivities;
  put(uri: string, body: string | Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

/** The real activities with real AWS clients before a sandbox in this process. */
export async function startWorld(options: SandboxOptions = {}): Promise<ActivityWorld> {
  const failures: string[] = [];
  const sandbox = await startSandbox({
    speed: 1_000,
    images: CLASSIFIER,
    onInternalError: (error, where) =>
      failures.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
    ...options,
    knobs: { minStartupWindowMs: 20_000, ...options.knobs },
  });
  const aws = awsAt(sandbox.url);
  return {
    sandbox,
    aws,
    activities: inContext(createActivities({ aws })),
    activitiesAt: (now) => inContext(createActivities({ aws, now })),
    async put(uri, body) {
      const { hostname, pathname } = new URL(uri);
      await aws.s3.send(new PutObjectCommand({ Bucket: hostname, Key: pathname.slice(1), Body: body }));
    },
    async stop() {
      aws.close();
      await sandbox.stop();
      if (failures.length > 0) throw new Error(failures.join('\n'));
    },
  };
}

/** AWS clients as a worker has them: one attempt a call. */
export function awsAt(
  endpoint: string
): AwsClients & { readonly sagemaker: SageMaker; readonly autoscaling: ApplicationAutoScaling } {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const clients = {
    sagemaker: new SageMaker(config),
    s3: new S3Client(config),
    cloudwatch: new CloudWatchClient(config),
    autoscaling: new ApplicationAutoScaling(config),
    runtime: new SageMakerRuntimeClient(config),
  };
  return { ...clients, close: () => Object.values(clients).forEach((client) => client.destroy()) };
}

const ignore = (): void => undefined;
/** Failures on purpose would fill the screen. */
const silent = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function inContext(activities: RolloutActivities): RolloutActivities {
  const run =
    <I, O>(activity: (input: I) => Promise<O>) =>
    (input: I): Promise<O> =>
      new MockActivityEnvironment(undefined, { logger: silent }).run(activity, input);
  return {
    inspectEndpoint: run(activities.inspectEndpoint),
    checkTransforms: run(activities.checkTransforms),
    fixPlan: run(activities.fixPlan),
    createEndpoint: run(activities.createEndpoint),
    deploy: run(activities.deploy),
    warmUp: run(activities.warmUp),
    assess: run(activities.assess),
    startGuardrails: run(activities.startGuardrails),
    followGuardrails: run(activities.followGuardrails),
    awaitEndpoint: run(activities.awaitEndpoint),
    shiftTraffic: run(activities.shiftTraffic),
    judge: run(activities.judge),
    rewriteToWinner: run(activities.rewriteToWinner),
    restoreIncumbent: run(activities.restoreIncumbent),
    removeEndpoint: run(activities.removeEndpoint),
    verifyApprover: run(activities.verifyApprover),
    collectGarbage: run(activities.collectGarbage),
  };
}

/** A file for `endpoint` whose candidate is a classifier with this environment. */
export function specFor(
  endpoint: string,
  candidate: {
    readonly name: string;
    readonly count?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly model?: ModelSource;
    readonly alternatives?: readonly InstanceChoice[];
    readonly autoscaling?: AutoscalingSettings;
  },
  changes: Partial<RolloutSpec> = {}
): RolloutSpec {
  return aSpec({
    endpoint,
    candidates: [
      {
        name: candidate.name,
        model: candidate.model ?? {
          kind: 'container',
          container: { image: 'classifier:1', environment: candidate.env ?? {} },
        },
        instance: {
          type: 'ml.m5.large',
          count: candidate.count ?? 1,
          ...(candidate.alternatives !== undefined && { alternatives: candidate.alternatives }),
        },
        ...(candidate.autoscaling !== undefined && { autoscaling: candidate.autoscaling }),
      },
    ],
    ...changes,
  });
}

/** What the activities are told when nothing has been measured: names are fixed, there are no guards. */
export function contextFor(
  spec: RolloutSpec,
  number: number,
  incumbent: PlannedContext['incumbent'] = null
): PlannedContext {
  const plan: RolloutPlan = { guards: [], baseline: {}, forecasts: [], ramps: [], bandit: null, digest: 'd1ge57' };
  return {
    id: `rollout/${spec.endpoint}/${number}`,
    number,
    spec,
    names: resourceNames(spec, number),
    plan,
    incumbent,
  };
}

/** `sharePct` of the traffic on v2, the rest on v1. */
export function splitAt(sharePct: number): Layout {
  return { kind: 'split', sharesPct: { v2: sharePct }, copyPct: 0, groups: [], epoch: 1 };
}

/** A look takes nothing over. */
const LOOKING = { min: 1, max: 1, invocationsPerInstance: 1, scheduled: [] };

/** What serves on an endpoint, as the activity reads it. */
export async function liveOn({ activities }: ActivityWorld, endpoint: string): Promise<LiveEndpoint | null> {
  return (await activities.inspectEndpoint(contextFor(specFor(endpoint, { name: 'v0', autoscaling: LOOKING }), 2)))
    .live;
}

/** Creates an endpoint that serves `v1`, as a first deployment does, and returns it as an incumbent. */
export async function deployFirst(
  world: ActivityWorld,
  endpoint: string,
  options: Omit<Parameters<typeof specFor>[1], 'name'> = {}
): Promise<NonNullable<PlannedContext['incumbent']>> {
  const context = contextFor(specFor(endpoint, { name: 'v1', ...options }), 1);
  await world.activities.createEndpoint(context);
  await world.activities.awaitEndpoint({ endpoint, configName: context.names.single.v1 ?? '', sharesPct: null });
  const live = await liveOn(world, endpoint);
  const [variant] = live?.variants ?? [];
  if (live === null || variant === undefined) throw new Error('the first deployment is not there');
  return {
    variant: variant.name,
    version: variant.version ?? variant.name,
    modelName: variant.modelName,
    configName: live.configName,
    instanceType: variant.instanceType,
    instanceCount: variant.instanceCount,
    ...(variant.scaling !== undefined && { scaling: variant.scaling }),
  };
}

/** Asks for the deletion of every endpoint that is not being changed. */
export async function deleteEndpoints({ aws }: ActivityWorld): Promise<void> {
  for (const StatusEquals of ['InService', 'Failed'] as const) {
    const { Endpoints = [] } = await aws.sagemaker.listEndpoints({ StatusEquals, MaxResults: 100 });
    await Promise.all(Endpoints.map(({ EndpointName }) => aws.sagemaker.deleteEndpoint({ EndpointName })));
  }
}

/** Everything that SageMaker keeps for an endpoint, by name and state: what two equal worlds have in common. */
export async function resourcesOf({ aws }: ActivityWorld, endpoint: string): Promise<unknown> {
  const { sagemaker } = aws;
  const [models, configs, endpoints] = await Promise.all([
    sagemaker.listModels({ NameContains: endpoint }),
    sagemaker.listEndpointConfigs({ NameContains: endpoint }),
    sagemaker.listEndpoints({ NameContains: endpoint }),
  ]);
  const described = await Promise.all(
    (endpoints.Endpoints ?? []).map(({ EndpointName }) => sagemaker.describeEndpoint({ EndpointName }))
  );
  return {
    models: (models.Models ?? []).map(({ ModelName }) => ModelName).sort(),
    configs: (configs.EndpointConfigs ?? []).map(({ EndpointConfigName }) => EndpointConfigName).sort(),
    endpoints: described.map((endpointNow) => ({
      name: endpointNow.EndpointName,
      status: endpointNow.EndpointStatus,
      config: endpointNow.EndpointConfigName,
      pending: endpointNow.PendingDeploymentSummary?.EndpointConfigName ?? null,
      variants: (endpointNow.ProductionVariants ?? []).map((variant) => ({
        name: variant.VariantName,
        weight: variant.DesiredWeight,
        count: variant.DesiredInstanceCount,
      })),
    })),
  };
}

/** Type and text of the failure that an activity ends with; fails the test when it succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<{ readonly type: string; readonly text: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && 'type' in error) return { type: String(error.type), text: error.message };
    throw error;
  }
  throw new Error('the activity was expected to fail');
}
