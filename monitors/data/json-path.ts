import type { JsonText } from './json-text';
import { isJsonList, isJsonObject } from './json-text';

/** A name, an index, or all of a list. */
type Step = string | number | typeof ALL;

const ALL = Symbol('[*]');

/** Steps of a JSONPath of names, indices and `[*]`, such as `$.instances[*].text`; undefined where it is none. */
export function parseJsonPath(path: string): readonly Step[] | undefined {
  if (!/^\$(?:\.[A-Za-z_][\w-]*|\[\d+\]|\[\*\]|\['[^']+'\])*$/.test(path)) return undefined;
  return [...path.matchAll(/\.([A-Za-z_][\w-]*)|\[(\d+)\]|\[(\*)\]|\['([^']+)'\]/g)].map(
    ([, name, index, all, quoted]) => name ?? quoted ?? (all === '*' ? ALL : Number(index))
  );
}

/** What a path leads to: one value, or as many as its `[*]` finds. */
export function atJsonPath(value: JsonText, steps: readonly Step[]): readonly JsonText[] {
  let found: readonly JsonText[] = [value];
  for (const step of steps) {
    found = found.flatMap((at): readonly JsonText[] => {
      if (step === ALL) return isJsonList(at) ? at : [];
      const next = isJsonList(at) ? at[Number(step)] : isJsonObject(at) ? at[step] : undefined;
      return next === undefined ? [] : [next];
    });
  }
  return found;
}
