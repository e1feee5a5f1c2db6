import path from 'node:path';
import { realDelayMs } from '../engine/clock';
import type { ContainerBlueprint, VariantBlueprint } from './blueprint';
import type { ContainerSpec } from './container';
import type { FleetContext } from './context';
import { engineCommand } from './engine-command';
import { containerFaults } from './faults';
import type { ImageCommand } from './images';
import { imageFor } from './images';

/** SageMaker pings a container in service every few seconds; sped up with the clock, but never to a busy loop. */
const PING_INTERVAL_PROVIDER_MS = 5_000;
const MIN_PING_INTERVAL_MS = 1_000;

export interface ContainerPlace {
  readonly endpointName: string;
  readonly variant: VariantBlueprint;
  readonly blueprint: ContainerBlueprint;
  readonly instanceId: string;
  /** Stands for `/opt/ml`. */
  readonly base: string;
  /** The unpacked model. */
  readonly modelDir: string;
  /** What a local process may see of this one's environment, and what the command of a container engine needs beside that. */
  readonly environment: Readonly<Record<string, string>>;
  readonly engineEnvironment: Readonly<Record<string, string>>;
}

/** How a container is run: as a local process, or by Docker or Podman. Without an image for it the command is empty. */
export function containerSpec(
  context: FleetContext,
  place: ContainerPlace
): { readonly spec: ContainerSpec; readonly modelsInContainer: string } {
  const { endpointName, variant, blueprint, instanceId } = place;
  const speed = context.speed();
  const image = imageFor(context.images, blueprint.image, context.engine);
  const suffix = variant.containers.length > 1 ? `-${blueprint.hostname}` : '';
  const common = {
    hostname: blueprint.hostname,
    variant: variant.name,
    image: blueprint.image,
    logFile: path.join(context.dataDir, 'logs', endpointName, variant.name, `${instanceId}${suffix}.log`),
    label: `${endpointName}/${variant.name}/${instanceId}/${blueprint.hostname}`,
    startupWindowMs: realDelayMs({
      providerMs: variant.startupTimeoutSeconds * 1000,
      speed,
      floorMs: context.minStartupWindowMs,
    }),
    pingIntervalMs: realDelayMs({ providerMs: PING_INTERVAL_PROVIDER_MS, speed, floorMs: MIN_PING_INTERVAL_MS }),
    faults: containerFaults(context, { endpointName, variant, hostname: blueprint.hostname }),
  };
  if (image && !('command' in image))
    return {
      spec: { ...common, ...engineCommand(context, place, image) },
      modelsInContainer: '/opt/ml/models',
    };
  return {
    spec: { ...common, ...processCommand(context, place, image) },
    modelsInContainer: path.join(place.base, 'models'),
  };
}

function processCommand(
  context: FleetContext,
  { blueprint, base, environment }: ContainerPlace,
  image: ImageCommand | undefined
): Pick<ContainerSpec, 'command' | 'cwd' | 'env'> {
  const modelDir = path.join(base, blueprint.multiModel ? 'models' : 'model');
  return {
    command: image ? [...image.command.map((part) => part.replaceAll('${SM_MODEL_DIR}', modelDir)), 'serve'] : [],
    cwd: image?.cwd ?? base,
    env: {
      ...environment,
      HOME: base,
      AWS_REGION: context.region,
      ...image?.env,
      ...contractEnvironment(blueprint),
      SAGEMAKER_BASE_DIR: base,
      SM_MODEL_DIR: modelDir,
      SAGEMAKER_CONTAINER_HOSTNAME: blueprint.hostname,
    },
  };
}

/** What SageMaker itself puts into the environment, above what the model's owner put there. */
export function contractEnvironment(blueprint: ContainerBlueprint): Readonly<Record<string, string>> {
  return { ...blueprint.environment, ...(blueprint.multiModel ? { SAGEMAKER_MULTI_MODEL: 'true' } : {}) };
}
