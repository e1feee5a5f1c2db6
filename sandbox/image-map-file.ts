import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { EngineImage, ImageCommand, ImageMap } from './fleet/images';
import { BadOptions } from './options';
import { isRecord } from './is-record';

/**
 * Reads the image map from a `sandbox.yaml`: below `images`, a pattern and either a command list or
 * `{ command, cwd, env }`, or `{ engine, image, options }` for what Docker or Podman runs. Relative folders start at the file's own. Throws BadOptions with all mistakes.
 */
export function readImageMap(file: string): ImageMap {
  const content: unknown = parse(readText(file));
  const images = isRecord(content) ? content['images'] : undefined;
  if (!isRecord(images)) throw new BadOptions(`${file}: expected a mapping "images" of image patterns to commands`);
  const mistakes: string[] = [];
  const entries = Object.entries(images).flatMap(([pattern, value]) => {
    const command = imageCommand(value, path.dirname(path.resolve(file)));
    if (typeof command !== 'string') return [[pattern, command] as const];
    mistakes.push(`images["${pattern}"]: ${command}`);
    return [];
  });
  if (mistakes.length > 0) throw new BadOptions(`${file}: ${mistakes.join('; ')}`);
  return Object.fromEntries(entries);
}

/** The command, or what is wrong with it. */
function imageCommand(value: unknown, base: string): ImageCommand | EngineImage | string {
  const given = Array.isArray(value) ? { command: value } : value;
  if (!isRecord(given)) return 'expected a list (program and arguments) or a mapping with "command" or "engine"';
  if (given['engine'] !== undefined) return engineImage(given);
  const unknown = Object.keys(given).filter((key) => !['command', 'cwd', 'env'].includes(key));
  if (unknown.length > 0) return `unknown key "${unknown[0]}"; allowed: command, cwd, env`;
  const { command, cwd, env } = given;
  if (!Array.isArray(command) || command.length === 0) return '"command" must be a list: program and arguments';
  if (cwd !== undefined && typeof cwd !== 'string') return '"cwd" must be a folder';
  if (env !== undefined && !isRecord(env)) return '"env" must be a mapping of names to values';
  return {
    command: command.map(String),
    cwd: path.resolve(base, cwd ?? '.'),
    ...(env === undefined
      ? {}
      : { env: Object.fromEntries(Object.entries(env).map(([name, one]) => [name, String(one)])) }),
  };
}

/** An image for a container engine, or what is wrong with it. */
function engineImage(given: Readonly<Record<string, unknown>>): EngineImage | string {
  const unknown = Object.keys(given).filter((key) => !['engine', 'image', 'options'].includes(key));
  if (unknown.length > 0) return `unknown key "${unknown[0]}"; beside "engine" allowed: image, options`;
  const { engine, image, options } = given;
  if (engine !== 'auto' && engine !== 'docker' && engine !== 'podman')
    return '"engine" must be one of auto, docker, podman';
  if (image !== undefined && typeof image !== 'string') return '"image" must be the name of an image';
  if (options !== undefined && !Array.isArray(options)) return '"options" must be a list of options of "run"';
  return {
    engine,
    ...(image === undefined ? {} : { image }),
    ...(options === undefined ? {} : { options: options.map(String) }),
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BadOptions(`cannot read ${file}`, { cause });
  }
}
