import type { Path } from './problem';
import { formatPath } from './problem';
import { isRecord } from './is-record';

/** The path in code marks. */
export function nameOf(path: Path): string {
  return `\`${formatPath(path)}\``;
}

/** What to add where something is missing; `example` is its value in YAML. */
export function addition(path: Path, example: string): string {
  const parent = path.slice(0, -1);
  return `Add \`${String(path.at(-1))}: ${example}\`${parent.length === 0 ? '' : ` to ${nameOf(parent)}`}.`;
}

/** A value in few words; long texts are cut. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (isRecord(value)) return `a map with ${Object.keys(value).join(', ') || 'nothing in it'}`;
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- lists and maps have returned, scalars are left.
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The value at a path of plain data; undefined when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return typeof part === 'number' ? (value as readonly unknown[])[part] : undefined;
    return isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, root);
}
