import type { JsonSchema } from './json-schema';
import { rolloutFileJsonSchema } from './json-schema';
import type { Path } from './problem';

let published: JsonSchema | undefined;

/** The keys that a map at this place of the file may have; empty where none are prescribed. `value` tells unions apart by `kind`. */
export function keysAt(path: Path, value: unknown): readonly string[] {
  const map = branchesAt(path).find((branch) => isFor(branch, value));
  return isRecord(map?.['properties']) ? Object.keys(map['properties']) : [];
}

/** The keys that a map at this place must have. */
export function requiredAt(path: Path): readonly string[] {
  const required: unknown = branchesAt(path).find((branch) => isRecord(branch['properties']))?.['required'];
  return Array.isArray(required) ? required.map(String) : [];
}

/** The values of `kind` that tell the maps at this place apart. */
export function kindsAt(path: Path): readonly string[] {
  return branchesAt(path).flatMap((branch) => kindOf(branch) ?? []);
}

function branchesAt(path: Path): readonly JsonSchema[] {
  published ??= rolloutFileJsonSchema();
  const place = path.reduce<JsonSchema | undefined>((schema, part) => schema && step(schema, part), published);
  return place === undefined ? [] : branches(place);
}

function step(schema: JsonSchema, part: string | number): JsonSchema | undefined {
  for (const branch of branches(schema)) {
    const inner =
      typeof part === 'number'
        ? branch['items']
        : isRecord(branch['properties'])
          ? branch['properties'][part]
          : undefined;
    if (isRecord(inner)) return inner;
  }
  return undefined;
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

/** A map: neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
