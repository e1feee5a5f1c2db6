import type { JsonSchema } from './json-schema';
import { rolloutFileJsonSchema } from './json-schema';
import type { Path } from './problem';
import { isRecord } from './is-record';

let published: JsonSchema | undefined;

/** The keys that a map at this place of the file may have; empty where none are prescribed. `root` is the file as it stands, whose `kind`s tell unions apart. */
export function keysAt(path: Path, root: unknown): readonly string[] {
  const map = branchesAt(path, root)[0];
  return isRecord(map?.['properties']) ? Object.keys(map['properties']) : [];
}

/** The keys that a map at this place must have. */
export function requiredAt(path: Path, root: unknown): readonly string[] {
  const required: unknown = branchesAt(path, root).find((branch) => isRecord(branch['properties']))?.['required'];
  return Array.isArray(required) ? required.map(String) : [];
}

/** The values of `kind` that tell the maps at this place apart. */
export function kindsAt(path: Path): readonly string[] {
  return branchesAt(path, undefined).flatMap((branch) => kindOf(branch) ?? []);
}

/** What may stand at a place: all branches of a union, or the one that the file chose by its `kind`. */
function branchesAt(path: Path, root: unknown): readonly JsonSchema[] {
  published ??= rolloutFileJsonSchema();
  let [places, value]: readonly [readonly JsonSchema[], unknown] = [branches(published), root];
  for (const part of path) {
    const inner = places.flatMap((schema) => step(schema, part))[0];
    if (inner === undefined) return [];
    value = isRecord(value) || Array.isArray(value) ? (Reflect.get(value, part) as unknown) : undefined;
    const found = value;
    const all = branches(inner);
    const chosen = all.filter((branch) => isFor(branch, found));
    places = chosen.length === 0 ? all : chosen;
  }
  return places;
}

function step(schema: JsonSchema, part: string | number): readonly JsonSchema[] {
  if (typeof part === 'number') return isRecord(schema['items']) ? [schema['items']] : [];
  const named = isRecord(schema['properties']) ? schema['properties'][part] : undefined;
  if (isRecord(named)) return [named];
  return isRecord(schema['additionalProperties']) ? [schema['additionalProperties']] : [];
}

function branches(schema: JsonSchema): readonly JsonSchema[] {
  if (isRecord(schema['properties'])) return [schema];
  const options = schema['oneOf'] ?? schema['anyOf'];
  return Array.isArray(options) ? options.filter(isRecord) : [schema];
}

function isFor(branch: JsonSchema, value: unknown): boolean {
  const kind = kindOf(branch);
  return isRecord(branch['properties']) && (kind === undefined || !isRecord(value) || (value['kind'] ?? kind) === kind);
}

function kindOf(branch: JsonSchema): string | undefined {
  const kind = isRecord(branch['properties']) ? branch['properties']['kind'] : undefined;
  return isRecord(kind) && typeof kind['const'] === 'string' ? kind['const'] : undefined;
}
