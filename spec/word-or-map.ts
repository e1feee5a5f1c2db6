import { z } from 'zod';
import { nearestOf } from './nearest';
import type { Reading, ScalarWords } from './scalar';
import { withNearest } from './scalar';
import { isRecord } from './is-record';

/**
 * One of a few words, or a map where more is to be said: `weights`, or `{ gateway: s3://… }`. A word that is a key of the map gets told
 * how to write the map.
 */
export function wordOrMap<const W extends string, M extends z.ZodObject>(
  options: Pick<ScalarWords, 'what'> & {
    readonly describe: string;
    readonly words: readonly [W, ...W[]];
    readonly map: M;
    /** The map in YAML, as an example. */
    readonly example: string;
  }
) {
  const { words, map, example, ...rest } = options;
  const read = (found: unknown): Reading<W> => {
    const value = words.find((known) => known === found);
    if (value !== undefined) return { ok: true, value };
    const isKey = typeof found === 'string' && Object.keys(map.shape).includes(found);
    if (isKey) return { ok: false, remedy: `Write for example \`${example}\`.` };
    return { ok: false, ...withNearest(typeof found === 'string' ? nearestOf(found, words) : undefined) };
  };
  const allowed = `${words.join(' | ')}, or ${example}`;
  return scalarOrMap({ ...rest, allowed, example: words[0], json: { type: 'string', enum: words }, read, map });
}

/** A scalar, or a map that says the same in parts. */
export function scalarOrMap<T, M extends z.ZodObject>(
  options: ScalarWords & {
    readonly describe: string;
    /** The scalar in JSON Schema. */
    readonly json: Readonly<Record<string, unknown>>;
    readonly read: (found: unknown) => Reading<T>;
    readonly map: M;
  }
) {
  const { map, json, read, describe, ...words } = options;
  const { $schema: _, ...shape } = z.toJSONSchema(map, { io: 'input', target: 'draft-07' });
  return z
    .unknown()
    .meta({ anyOf: [json, shape], description: describe })
    .transform((found, context): T | z.output<M> => {
      if (isRecord(found)) {
        const result = map.safeParse(found);
        if (result.success) return result.data;
        for (const issue of result.error.issues) {
          // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- an issue that is told again as it is
          context.issues.push({ ...issue, input: found } as z.core.$ZodRawIssue);
        }
        return z.NEVER;
      }
      const reading = read(found);
      if (reading.ok) return reading.value;
      const { ok: __, ...reason } = reading;
      const params = { ...words, ...reason };
      context.issues.push({ code: 'custom', input: found, message: words.allowed, params });
      return z.NEVER;
    });
}

/** What a key that does not go with the others carries to `issues.ts`. */
export interface Misplaced {
  /** What it belongs to, or stands in the way of: the end of "`warmUp` …". */
  readonly because: string;
  readonly remedy: string;
  readonly allowed: string;
}

/** For `check`: keys of the map that do not go with its others, each with why and what to do. */
export function misplacedKeys(find: (map: Readonly<Record<string, unknown>>) => Readonly<Record<string, Misplaced>>) {
  return (payload: { readonly value: Readonly<Record<string, unknown>>; readonly issues: unknown[] }): void => {
    // An unknown key may be a misspelt one that they do go with: it is put right first.
    if (payload.issues.length > 0) return;
    for (const [key, misplaced] of Object.entries(find(payload.value))) {
      const message = `${key} ${misplaced.because}`;
      payload.issues.push({ code: 'custom', input: payload.value, path: [key], message, params: { misplaced } });
    }
  };
}
