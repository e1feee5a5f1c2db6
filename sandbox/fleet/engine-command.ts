import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { ContainerPlace } from './container-spec';
import { contractEnvironment } from './container-spec';
import type { ContainerSpec } from './container';
import type { FleetContext } from './context';
import type { EngineImage } from './images';

/** The port of SageMaker's contract, inside the container. */
const PORT = 8080;

/** Label of everything that a sandbox starts, with its data directory. */
export const ENGINE_LABEL = 'sagemaker-sandbox';

/** The engine's program; `undefined` when there is none on the path. Docker comes first. */
export function findEngine(engine: EngineImage['engine'], searchPath: string): string | undefined {
  const names = engine === 'auto' ? ['docker', 'podman'] : [engine];
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isProgram);
}

/**
 * The command line that runs an image with Docker or Podman under SageMaker's contract: model at `/opt/ml/model`, read-only, port 8080
 * published on loopback, `serve` as its argument. Without an engine the command is empty.
 */
export function engineCommand(
  context: FleetContext,
  place: ContainerPlace,
  image: EngineImage
): Pick<ContainerSpec, 'command' | 'cwd' | 'env' | 'engine' | 'missing'> {
  const { blueprint, base, modelDir } = place;
  const env = { ...place.environment, ...place.engineEnvironment };
  const program = findEngine(image.engine, env['PATH'] ?? '');
  if (program === undefined) {
    const wanted = image.engine === 'auto' ? 'Docker or Podman' : image.engine;
    return { command: [], cwd: base, env, missing: `there is no ${wanted} on the path to run it` };
  }
  const inside = {
    AWS_REGION: context.region,
    ...contractEnvironment(blueprint),
    SAGEMAKER_BIND_TO_PORT: String(PORT),
    SAGEMAKER_SAFE_PORT_RANGE: `${PORT + 1}-${PORT + 1}`,
    SAGEMAKER_CONTAINER_HOSTNAME: blueprint.hostname,
  };
  const mount = blueprint.multiModel
    ? `${path.join(base, 'models')}:/opt/ml/models:ro`
    : `${modelDir}:/opt/ml/model:ro`;
  const command = ({ port, name }: { readonly port: number; readonly name: string }) => [
    ...[program, 'run', '--rm', '--name', name, '--label', `${ENGINE_LABEL}=${context.dataDir}`],
    ...['--hostname', blueprint.hostname, '--publish', `127.0.0.1:${port}:${PORT}`, '--volume', mount],
    ...Object.entries(inside).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    ...(image.options ?? []),
    ...[image.image ?? blueprint.image, 'serve'],
  ];
  return { command: [program], cwd: base, env, engine: { program, command } };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
