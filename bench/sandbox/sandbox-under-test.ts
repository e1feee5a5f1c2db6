import { SageMaker } from '@aws-sdk/client-sagemaker';
import { S3 } from '@aws-sdk/client-s3';
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SandboxUnderTest {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process until its address was printed: it takes calls from there on. */
  readonly startMs: number;
  readonly sagemaker: SageMaker;
  readonly s3: S3;
  stop(): Promise<void>;
}

/** Starts the built sandbox as a process of its own, as its users do, on an empty folder. */
export async function startUnderTest(container = path.resolve(__dirname, 'container.js')): Promise<SandboxUnderTest> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'bench-sandbox-'));
  const images = path.join(dir, 'sandbox.yaml');
  writeFileSync(images, JSON.stringify({ images: { 'bench:*': { command: [process.execPath, container] } } }));
  const main = path.resolve(__dirname, '..', '..', 'sandbox', 'main.js');
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const args = [main, '--json', '--speed', '1000', '--data', path.join(dir, 'data'), '--images', images];
  const fromMs = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
  const startMs = performance.now() - fromMs;
  const { url } = JSON.parse(line ?? '') as { readonly url: string };
  const config = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  const sagemaker = new SageMaker(config);
  const s3 = new S3(config);
  return {
    ...{ url, startMs, sagemaker, s3, port: Number(new URL(url).port), pid: child.pid ?? 0 },
    stop: async () => {
      sagemaker.destroy();
      s3.destroy();
      await ended(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Creates an endpoint of one tiny container and waits until it serves. `captureTo` is a bucket for data capture at 100 %. */
export async function createEndpoint(
  { sagemaker }: SandboxUnderTest,
  endpoint: {
    readonly name: string;
    readonly instanceType?: 'ml.m5.large' | 'ml.m5.xlarge' | 'ml.c5.large';
    readonly captureTo?: string;
  }
): Promise<void> {
  const { name, instanceType = 'ml.m5.large', captureTo } = endpoint;
  const role = 'arn:aws:iam::123456789012:role/bench';
  await sagemaker.createModel({ ModelName: name, ExecutionRoleArn: role, PrimaryContainer: { Image: 'bench:1' } });
  await sagemaker.createEndpointConfig({
    EndpointConfigName: name,
    ProductionVariants: [{ VariantName: 'v', ModelName: name, InstanceType: instanceType, InitialInstanceCount: 1 }],
    ...(captureTo === undefined
      ? {}
      : {
          DataCaptureConfig: {
            EnableCapture: true,
            InitialSamplingPercentage: 100,
            DestinationS3Uri: `s3://${captureTo}/${name}`,
            CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
          },
        }),
  });
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
  for (;;) {
    const { EndpointStatus, FailureReason } = await sagemaker.describeEndpoint({ EndpointName: name });
    if (EndpointStatus === 'InService') return;
    if (EndpointStatus === 'Failed') throw new Error(`${name}: ${FailureReason}`);
    await sleep(50);
  }
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / 1024;
}

/** Resident memory of whole process groups, in MiB: a container is led by a small shell. Shared pages count in each process. */
export function groupsMiB(leaders: readonly number[]): number {
  const rows = execFileSync('ps', ['-A', '-o', 'pgid=,rss='], { encoding: 'utf8' }).trim().split('\n');
  const members = rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([group]) => leaders.includes(group ?? 0));
  return members.reduce((sumKiB, [, kiB]) => sumKiB + (kiB ?? 0), 0) / 1024;
}
