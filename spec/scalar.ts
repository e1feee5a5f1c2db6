import { z } from 'zod';
import { nearestOf } from './nearest';

/** What a reader makes of a value; `because` completes the sentence "… is not a share: ". */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly because?: string; readonly nearest?: string; readonly remedy?: string };

/** The words for one kind of scalar, for messages and for the editor. */
export interface ScalarWords {
  /** With its article: `a share`. */
  readonly what: string;
  readonly allowed: string;
  readonly example: string;
}

/** What a refused scalar carries through zod's `params` to the one place that makes sentences (`issues.ts`). */
export type Refusal = ScalarWords & Omit<Extract<Reading<never>, { ok: false }>, 'ok'>;

interface ScalarOptions<T> extends ScalarWords {
  readonly read: (found: unknown) => Reading<T>;
  /** The same rule in JSON Schema, as far as it can say it. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly describe: string;
}

/** A leaf of the rollout file. It reads any value and refuses with facts; a missing value arrives as `undefined`. */
export function scalar<T>(options: ScalarOptions<T>) {
  return leaf(z.unknown(), options);
}

/** A leaf that makes its own value of `undefined`, so that editors do not ask for it. */
export function optionalScalar<T>(options: ScalarOptions<T>) {
  return leaf(z.unknown().optional(), options);
}

function leaf<S extends z.ZodUnknown | z.ZodOptional<z.ZodUnknown>, T>(
  schema: S,
  { read, json, describe, ...words }: ScalarOptions<T>
) {
  return schema.meta({ ...json, description: describe }).transform((found, context): T => {
    const reading = read(found);
    if (reading.ok) return reading.value;
    const { ok: _, ...reason } = reading;
    context.issues.push({ code: 'custom', input: found, message: words.allowed, params: { ...words, ...reason } });
    return z.NEVER;
  });
}

/** A non-empty string. Numbers and booleans are refused: YAML reads `1.10` as 1.1, so only quotes keep what was written. */
export function text(options: ScalarWords & { readonly describe: string; readonly pattern?: string }) {
  const { pattern, ...rest } = options;
  const json = { type: 'string', pattern: pattern ?? '\\S' };
  const read = (found: unknown): Reading<string> => {
    if (typeof found !== 'string') return readText(found);
    if (found.trim() === '') return { ok: false, because: 'it is empty' };
    return pattern === undefined || new RegExp(pattern).test(found) ? { ok: true, value: found } : { ok: false };
  };
  return scalar({ ...rest, json, read });
}

/** The value of an environment variable or a tag: a string, which may be empty. */
export function variable() {
  const words = {
    what: 'a string',
    allowed: 'text; numbers and booleans in quotes',
    example: '"1"',
    describe: 'A string.',
  };
  return scalar({ ...words, json: { type: 'string' }, read: readText });
}

/** One of a few words. */
export function choice<const T extends string>(
  options: Omit<ScalarWords, 'allowed' | 'example'> & {
    readonly describe: string;
    readonly values: readonly [T, ...T[]];
  }
) {
  const { values, ...rest } = options;
  const read = (found: unknown): Reading<T> => {
    const value = values.find((known) => known === found);
    if (value !== undefined) return { ok: true, value };
    return { ok: false, ...withNearest(typeof found === 'string' ? nearestOf(found, values) : undefined) };
  };
  return scalar({
    ...rest,
    allowed: values.join(' | '),
    example: values[0],
    json: { type: 'string', enum: values },
    read,
  });
}

/** A whole number from `min` on. */
export function wholeNumber(options: { readonly describe: string; readonly min: number; readonly example: number }) {
  const { describe, min, example } = options;
  const allowed = `a whole number, ${min} or more`;
  const read = (found: unknown): Reading<number> => {
    if (typeof found === 'number')
      return Number.isSafeInteger(found) && found >= min ? { ok: true, value: found } : { ok: false };
    return { ok: false, ...withNearest(asNumber(found)) };
  };
  const json = { type: 'integer', minimum: min };
  return scalar({ what: allowed, allowed, example: String(example), describe, json, read });
}

/** A positive number. */
export function positiveNumber(options: { readonly describe: string; readonly example: number }) {
  const { describe, example } = options;
  const read = (found: unknown): Reading<number> => {
    if (typeof found === 'number')
      return Number.isFinite(found) && found > 0 ? { ok: true, value: found } : { ok: false };
    return { ok: false, ...withNearest(asNumber(found)) };
  };
  const json = { type: 'number', exclusiveMinimum: 0 };
  return scalar({
    what: 'a positive number',
    allowed: 'a number above 0',
    example: String(example),
    describe,
    json,
    read,
  });
}

/** `true` or `false`; the `yes` and `on` of older YAML are strings today and get told so. */
export function flag(options: { readonly describe: string }) {
  const read = (found: unknown): Reading<boolean> => {
    if (typeof found === 'boolean') return { ok: true, value: found };
    return { ok: false, ...withNearest(typeof found === 'string' ? meantBoolean(found) : undefined) };
  };
  return scalar({
    what: 'a boolean',
    allowed: 'true | false',
    example: 'true',
    json: { type: 'boolean' },
    read,
    ...options,
  });
}

/** The fields of a refusal, without keys that would be undefined. */
export function withNearest(nearest: string | undefined): { readonly nearest?: string } {
  return nearest === undefined ? {} : { nearest };
}

function readText(found: unknown): Reading<string> {
  if (typeof found === 'string') return { ok: true, value: found };
  if (typeof found === 'number' || typeof found === 'boolean') {
    return {
      ok: false,
      because: `YAML reads it as a ${typeof found}`,
      nearest: `"${found}"`,
      remedy: `Put it in quotes: "${found}".`,
    };
  }
  return { ok: false };
}

function asNumber(found: unknown): string | undefined {
  if (typeof found !== 'string') return undefined;
  const plain = found.replaceAll(/[_, ]/g, '');
  return /^\d+(\.\d+)?$/.test(plain) ? plain : undefined;
}

function meantBoolean(found: string): string | undefined {
  if (/^(yes|y|on|true|t)$/i.test(found)) return 'true';
  return /^(no|n|off|false|f)$/i.test(found) ? 'false' : undefined;
}

/** What a map refused by `exactlyOneOf` carries to `issues.ts`. */
export interface OneOf {
  readonly keys: readonly string[];
  /** A value for the first key, in YAML. */
  readonly example: string;
}

/** For `refine`: exactly one of the keys is there. What is no map at all is somebody else's complaint. */
export function exactlyOneOf(keys: readonly [string, string, ...string[]], example: string) {
  const check = (found: unknown): boolean => {
    if (typeof found !== 'object' || found === null) return true;
    return keys.filter((key) => Object.hasOwn(found, key)).length === 1;
  };
  const oneOf: OneOf = { keys, example };
  return [check, { message: `exactly one of ${keys.join(', ')}`, params: { oneOf }, when: () => true }] as const;
}

/** For `refine`: not both of the keys are there. */
export function atMostOneOf(keys: readonly [string, string]) {
  const check = (found: unknown): boolean => {
    if (typeof found !== 'object' || found === null) return true;
    return keys.filter((key) => Object.hasOwn(found, key)).length <= 1;
  };
  const oneOf: OneOf = { keys, example: '' };
  return [check, { message: `at most one of ${keys.join(', ')}`, params: { oneOf }, when: () => true }] as const;
}
