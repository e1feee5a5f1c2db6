import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { ImageCommand, ImageMap } from './fleet/images';
import { BadOptions } from './options';

/**
 * Reads the image map from a `sandbox.yaml`: below `images`, a pattern and either a command list or
 * `{ command, cwd, env }`. Relative folders start at the file's own. Throws BadOptions with all mistakes.
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
function imageCommand(value: unknown, base: string): ImageCommand | string {
  const given = Array.isArray(value) ? { command: value } : value;
  if (!isRecord(given)) return 'expected a list (program and arguments) or a mapping with "command"';
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

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BadOptions(`cannot read ${file}`, { cause });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
