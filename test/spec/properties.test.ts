import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readRolloutFile } from '../../spec/read';
import { FULL, problemsOf, ROLE, SHORTEST, STAGES } from './support';

type Path = readonly (string | number)[];

const environment = { SLUICE_ROLE: ROLE };
const ANYTHING = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    Infinity,
    '',
    '5%',
    '10m',
    'x',
    's3://bucket',
    'errors',
    '__proto__',
    '*x',
    '{',
    '\t',
    '\u0000'
  ),
  fc.jsonValue({ maxDepth: 2 })
);
const NAMES = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'kind', 'shadow', 'endpoint', '<<', '? '),
  fc.string()
);

/** Every place in the data. */
function placesIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    placesIn(child, [...path, Array.isArray(value) ? Number(key) : key])
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function mutated(value: unknown, path: Path, change: (owner: object, key: string | number) => void): unknown {
  const copy: unknown = structuredClone(value);
  const owner = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], copy);
  change(owner as object, path.at(-1) ?? '');
  return copy;
}

/** Parses, or says what is wrong at places that are in the text. */
function expectAnswer(text: string): void {
  const result = readRolloutFile({ text, fileName: 'f.yaml', environment });
  if (result.ok) return;
  const lines = text.split('\n');
  for (const { line, column, length, message, allowed, remedy } of result.problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
    expect(length).toBeGreaterThanOrEqual(1);
    expect([message, allowed, remedy].every((words) => words.length > 0)).toBe(true);
  }
}

describe.each([
  ['shortest', parse(SHORTEST) as unknown],
  ['fullest', parse(FULL) as unknown],
  ['longest', parse(STAGES) as unknown],
])('from the %s file on', (_, file) => {
  const places = fc.constantFrom(...placesIn(file));

  test('deleting, renaming or replacing a key gives a spec or problems with places, never a crash', () => {
    fc.assert(
      fc.property(places, NAMES, ANYTHING, fc.constantFrom('delete', 'rename', 'replace'), (path, name, value, how) => {
        const data = mutated(file, path, (owner, key) => {
          const old: unknown = Reflect.get(owner, key);
          if (how !== 'replace') Reflect.deleteProperty(owner, key);
          // A list's own `length` takes no other value.
          if (how === 'rename' && !Array.isArray(owner))
            Object.defineProperty(owner, name, { value: old, enumerable: true, configurable: true, writable: true });
          if (how === 'replace') Reflect.set(owner, key, value);
        });
        expectAnswer(stringify(data));
      }),
      { numRuns: 300 }
    );
  });

  test('a key with one letter too many is told with the right name, and is the only problem', () => {
    const keys = placesIn(file).filter(
      (path) =>
        typeof path.at(-1) === 'string' &&
        !['tags', 'environment', 'events', 'dimensions'].includes(String(path.at(-2)))
    );
    expect(keys.length).toBeGreaterThan(5);
    for (const path of keys) {
      const key = String(path.at(-1));
      const data = mutated(file, path, (owner) => {
        const old: unknown = Reflect.get(owner, key);
        Reflect.deleteProperty(owner, key);
        Reflect.set(owner, `${key}x`, old);
      });
      const problems = problemsOf(stringify(data));
      expect({ path, found: problems.map(({ found, nearest }) => ({ found, nearest })) }).toEqual({
        path,
        found: [{ found: `${key}x`, nearest: key }],
      });
    }
  });
});

test('any cut through a file, and any text at all, gets an answer', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: FULL.length }),
      fc.string({ maxLength: 4, unit: 'binary' }),
      fc.nat({ max: 30 }),
      (at, insert, skip) => {
        expectAnswer(FULL.slice(0, at) + insert + FULL.slice(at + skip));
      }
    ),
    { numRuns: 300 }
  );
});
