import type { DescribeEndpointCommandOutput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { SageMaker } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { S3 } from '@aws-sdk/client-s3';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageCommand } from '../../../sandbox/fleet/images';
import type { SandboxOptions } from '../../../sandbox/options';
import type { Sandbox } from '../../../sandbox/start';
import { startSandbox } from '../../../sandbox/start';

export const ROLE = 'arn:aws:iam::123456789012:role/sandbox-test';

/** The image map of every test: `server:*` is the tiny container beside this file. */
export const IMAGES: Readonly<Record<string, ImageCommand>> = {
  'server:*': { command: [process.execPath, path.join(__dirname, 'container.js')] },
};

export interface Clients {
  readonly sagemaker: SageMaker;
  readonly runtime: SageMakerRuntime;
  readonly s3: S3;
  readonly cloudWatch: CloudWatch;
  destroy(): void;
}

/** The real AWS clients, pointed at a sandbox. One attempt a call: a retry would hide what the sandbox did. */
export function clientsFor(url: string): Clients {
  const config = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const clients = {
    sagemaker: new SageMaker(config),
    runtime: new SageMakerRuntime(config),
    s3: new S3(config),
    cloudWatch: new CloudWatch(config),
  };
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => client.destroy()) };
}

export interface TestSandbox extends Clients {
  readonly sandbox: Sandbox;
  readonly internalErrors: readonly string[];
  stop(): Promise<void>;
}

/** A sandbox in this process, fast, checking its own answers. `stop` fails when anything went wrong inside. */
export async function startTestSandbox(options: SandboxOptions = {}): Promise<TestSandbox> {
  const internalErrors: string[] = [];
  const sandbox = await startSandbox({
    speed: 1_000,
    images: IMAGES,
    checkOutputs: true,
    onInternalError: (error, where) =>
      internalErrors.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
    ...options,
    knobs: { minStartupWindowMs: 20_000, ...options.knobs },
  });
  const clients = clientsFor(sandbox.url);
  return {
    ...clients,
    sandbox,
    internalErrors,
    stop: async () => {
      clients.destroy();
      await sandbox.stop();
      if (internalErrors.length > 0) throw new Error(internalErrors.join('\n'));
    },
  };
}

/** Holds provider time still while states that pass are looked at; afterwards it runs on. */
export async function whileFrozen<T>(box: Pick<TestSandbox, 'sandbox'>, look: () => Promise<T>): Promise<T> {
  const { clock } = box.sandbox;
  const { speed } = clock;
  clock.setSpeed(1e-6);
  try {
    return await look();
  } finally {
    clock.setSpeed(speed);
  }
}

export interface VariantWish {
  readonly name: string;
  readonly weight?: number;
  readonly count?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a model for each variant and a configuration of them. */
export async function createConfig(
  sagemaker: SageMaker,
  config: { readonly name: string; readonly variants: readonly VariantWish[] }
): Promise<void> {
  const variants: ProductionVariant[] = [];
  for (const wish of config.variants) {
    const modelName = `${config.name}-${wish.name}`;
    await sagemaker.createModel({
      ModelName: modelName,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'server:1', Environment: { REPLY: wish.name, ...wish.env } },
    });
    variants.push({
      VariantName: wish.name,
      ModelName: modelName,
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: wish.count ?? 1,
      ...(wish.weight === undefined ? {} : { InitialVariantWeight: wish.weight }),
    });
  }
  await sagemaker.createEndpointConfig({ EndpointConfigName: config.name, ProductionVariants: variants });
}

/** Creates configuration and endpoint of one name and waits until it serves. */
export async function createEndpoint(
  sagemaker: SageMaker,
  endpoint: { readonly name: string; readonly variants: readonly VariantWish[] }
): Promise<DescribeEndpointCommandOutput> {
  await createConfig(sagemaker, endpoint);
  await sagemaker.createEndpoint({ EndpointName: endpoint.name, EndpointConfigName: endpoint.name });
  return settledEndpoint(sagemaker, endpoint.name);
}

/** Waits until no change of the endpoint is under way. */
export async function settledEndpoint(sagemaker: SageMaker, name: string): Promise<DescribeEndpointCommandOutput> {
  for (;;) {
    const described = await sagemaker.describeEndpoint({ EndpointName: name });
    if (!['Creating', 'Updating', 'RollingBack', 'Deleting'].includes(described.EndpointStatus ?? '')) return described;
    await sleep(10);
  }
}

/** Polls until the condition gives something other than `undefined` or `false`; the test's own time limit bounds it. */
export async function until<T>(condition: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    await sleep(10);
  }
}

/** Sends a body and returns the answer as text with the variant that gave it. */
export async function invoke(
  runtime: SageMakerRuntime,
  endpoint: string,
  options: { readonly body?: string; readonly targetVariant?: string } = {}
): Promise<{ readonly text: string; readonly variant: string | undefined }> {
  const answer = await runtime.invokeEndpoint({
    EndpointName: endpoint,
    Body: options.body ?? 'x',
    ContentType: 'text/plain',
    ...(options.targetVariant === undefined ? {} : { TargetVariant: options.targetVariant }),
  });
  return { text: answer.Body.transformToString(), variant: answer.InvokedProductionVariant };
}

/** The error that a call ends with; fails the test when it succeeds. */
export async function errorOf(
  call: Promise<unknown>
): Promise<Error & { readonly $metadata?: { readonly httpStatusCode?: number } }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the call was expected to fail');
}

/** A caller without an SDK, for tests that make thousands of calls. Returns the variant that answered. */
export function plainCaller(url: string, endpoint: string): { call(): Promise<string>; close(): void } {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);
  const headers = { authorization: SIGNATURE, 'content-type': 'text/plain' };
  return {
    call: () =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          { agent, hostname, port, path: `/endpoints/${endpoint}/invocations`, method: 'POST', headers },
          (response) => {
            response.resume();
            response.on('end', () => {
              const variant = response.headers['x-amzn-invoked-production-variant'];
              if (response.statusCode === 200 && typeof variant === 'string') resolve(variant);
              else reject(new Error(`answered with status ${response.statusCode}`));
            });
          }
        );
        outgoing.on('error', reject);
        outgoing.end('x');
      }),
    close: () => agent.destroy(),
  };
}

/** The sandbox wants a signature and does not verify it. */
export const SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0';
