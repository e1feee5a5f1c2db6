import type { ScalingActivity } from '@aws-sdk/client-application-auto-scaling';
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import type { SandboxOptions } from '../../../sandbox/options';
import type { TestSandbox, VariantWish } from './harness';
import { createEndpoint, invoke, startTestSandbox, until } from './harness';

export const DIMENSION = 'sagemaker:variant:DesiredInstanceCount';
const MINUTE_MS = 60_000;

/** What names the target of variant `v` of an endpoint. */
export function targetOf(endpoint: string, variant = 'v') {
  return {
    ServiceNamespace: 'sagemaker',
    ResourceId: `endpoint/${endpoint}/variant/${variant}`,
    ScalableDimension: DIMENSION,
  } as const;
}

export interface ScalingSandbox extends TestSandbox {
  readonly scaling: ApplicationAutoScaling;
}

/** A test sandbox with the SDK's client for Application Auto Scaling. */
export async function startScalingSandbox(options: SandboxOptions = {}): Promise<ScalingSandbox> {
  const box = await startTestSandbox(options);
  const scaling = scalingClient(box.sandbox.url);
  return {
    ...box,
    scaling,
    stop: async () => {
      scaling.destroy();
      await box.stop();
    },
  };
}

export function scalingClient(url: string): ApplicationAutoScaling {
  return new ApplicationAutoScaling({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

/** An endpoint whose variant `v` may have `limits` instances. */
export async function scaledEndpoint(
  box: ScalingSandbox,
  endpoint: {
    readonly name: string;
    readonly limits: readonly [min: number, max: number];
    readonly variant?: Omit<VariantWish, 'name'>;
  }
): Promise<void> {
  await createEndpoint(box.sagemaker, { name: endpoint.name, variants: [{ name: 'v', ...endpoint.variant }] });
  const [MinCapacity, MaxCapacity] = endpoint.limits;
  await box.scaling.registerScalableTarget({ ...targetOf(endpoint.name), MinCapacity, MaxCapacity });
}

/** Activities of an endpoint's variant `v`, newest first. */
export async function activitiesOf(
  scaling: ApplicationAutoScaling,
  endpoint: string
): Promise<readonly ScalingActivity[]> {
  const { ScalingActivities } = await scaling.describeScalingActivities(targetOf(endpoint));
  return ScalingActivities ?? [];
}

/** Waits until the variant has so many instances and nothing is under way; returns how many containers really serve. */
export async function untilCount(box: ScalingSandbox, endpoint: string, count: number): Promise<number> {
  await until(async () => {
    const { EndpointStatus, ProductionVariants } = await box.sagemaker.describeEndpoint({ EndpointName: endpoint });
    return EndpointStatus === 'InService' && ProductionVariants?.[0]?.CurrentInstanceCount === count;
  });
  return servingInstances(box.sandbox.url, endpoint);
}

/** Instances of an endpoint that serve, counted where they run and not where they are described. */
export async function servingInstances(url: string, endpoint: string): Promise<number> {
  const state: {
    readonly endpoints: readonly {
      readonly name: string;
      readonly fleets: readonly {
        readonly variants: readonly { readonly instances: readonly { readonly isServing: boolean }[] }[];
      }[];
    }[];
  } = JSON.parse(await (await fetch(`${url}/_sandbox/state`)).text());
  return state.endpoints
    .filter(({ name }) => name === endpoint)
    .flatMap(({ fleets }) => fleets.flatMap(({ variants }) => variants.flatMap(({ instances }) => instances)))
    .filter(({ isServing }) => isServing).length;
}

/** Sets the timestamps to just after the beginning of a minute, so that what a test does next falls into one window. */
export function startMinute(box: TestSandbox): void {
  const { clock } = box.sandbox;
  clock.set(Math.ceil(clock.now() / MINUTE_MS) * MINUTE_MS + 1_000);
}

/** So many minutes of traffic, in a moment: each minute's invocations, then the clock moves on. */
export async function minutesOfTraffic(
  box: ScalingSandbox,
  traffic: { readonly endpoint: string; readonly minutes: number; readonly perMinute: number }
): Promise<void> {
  for (let minute = 0; minute < traffic.minutes; minute += 1) {
    await Promise.all(Array.from({ length: traffic.perMinute }, () => invoke(box.runtime, traffic.endpoint)));
    await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    box.sandbox.clock.advance(MINUTE_MS);
  }
}
