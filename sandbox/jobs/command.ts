import { findEngine, ENGINE_LABEL } from '../fleet/engine-command';
import type { FleetContext } from '../fleet/context';
import type { EngineImage, ImageCommand } from '../fleet/images';
import { imageFor } from '../fleet/images';
import { FOR_ENGINES, inherited, PASSED_ON } from '../fleet/instance';
import { JobFailure } from './failure';

/** The container of a job, as its caller described it. */
export interface JobContainer {
  readonly image: string;
  readonly entrypoint: readonly string[] | undefined;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What follows the image's own command where there is no entrypoint. */
  readonly verb?: string;
}

interface Place {
  readonly container: JobContainer;
  readonly host: string;
  /** Stands for `/opt/ml`. */
  readonly base: string;
  /** The container's name for Docker or Podman. */
  readonly name: string;
  /** How its program reaches AWS with the rights of the job's role: that is this sandbox. */
  readonly aws: Readonly<Record<string, string>>;
}

interface Command {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly removal?: { readonly program: string; readonly name: string };
}

/**
 * How a job's container is run: as a local process, or by Docker or Podman. A local process sees its folders below
 * `SAGEMAKER_BASE_DIR` instead of `/opt/ml`, and what a caller says of `/opt/ml/…` in arguments, entrypoint and environment is said
 * to it of that place. Throws JobFailure for an image that nothing runs.
 */
export function commandOf(fleets: FleetContext, place: Place): Command {
  const { image: uri } = place.container;
  const image = imageFor(fleets.images, uri, fleets.engine);
  if (!image) throw imageMissing(uri, 'no pattern of the image map matches it; add one under "images" in sandbox.yaml');
  if (!('command' in image)) return engineCommand(fleets, place, image);
  return processCommand(place, image);
}

function processCommand({ container, host, base, aws }: Place, image: ImageCommand): Command {
  const here = (text: string): string => text.replace(/^\/opt\/ml(?=\/|$)/, base);
  const { entrypoint, arguments: args, environment: given, verb } = container;
  const own = verb === undefined ? image.command : [...image.command, verb];
  return {
    command: [...(entrypoint ?? own), ...args].map(here),
    cwd: image.cwd ?? base,
    env: {
      ...inherited(PASSED_ON),
      HOME: base,
      ...aws,
      ...image.env,
      ...mapValues(given, here),
      SAGEMAKER_BASE_DIR: base,
      SAGEMAKER_CONTAINER_HOSTNAME: host,
    },
  };
}

function engineCommand(fleets: FleetContext, { container, host, base, name, aws }: Place, image: EngineImage): Command {
  const { image: uri, entrypoint, arguments: args, environment, verb } = container;
  const env = { ...inherited(PASSED_ON), ...inherited(FOR_ENGINES) };
  const program = findEngine(image.engine, env['PATH'] ?? '');
  if (program === undefined) {
    const wanted = image.engine === 'auto' ? 'Docker or Podman' : image.engine;
    throw imageMissing(uri, `there is no ${wanted} on the path to run it`);
  }
  const inside = { ...aws, ...environment, SAGEMAKER_CONTAINER_HOSTNAME: host };
  const [first, ...others] = entrypoint ?? [];
  const command = [
    ...[program, 'run', '--rm', '--name', name, '--label', `${ENGINE_LABEL}=${fleets.dataDir}`],
    ...['--hostname', host, '--volume', `${base}:/opt/ml`],
    ...Object.entries(inside).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    ...(first === undefined ? [] : ['--entrypoint', first]),
    ...(image.options ?? []),
    ...[image.image ?? uri, ...(entrypoint === undefined && verb !== undefined ? [verb] : others), ...args],
  ];
  return { command, cwd: base, env, removal: { program, name } };
}

function mapValues(
  map: Readonly<Record<string, string>>,
  change: (value: string) => string
): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(map)) changed[name] = change(value);
  return changed;
}

function imageMissing(uri: string, why: string): JobFailure {
  return new JobFailure(`ClientError: Requested image ${uri} not found. (Sandbox: ${why}.)`);
}
