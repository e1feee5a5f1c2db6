import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOM = path.resolve(__dirname, '../../spec');

/** Every module that a file of this room pulls in at run time; types vanish and do not count. */
function pulledInBy(file: string, seen: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const text = readFileSync(path.join(ROOM, `${file}.ts`), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gms)].map(
    ([, from]) => from ?? ''
  );
  return imports.reduce<ReadonlySet<string>>((all, from) => {
    if (all.has(from)) return all;
    const more = new Set([...all, from]);
    return from.startsWith('./') ? pulledInBy(from.slice(2), more) : more;
  }, seen);
}

test.each(['types', 'live', 'failures', 'compat', 'format', 'duration', 'share', 'problem'])(
  'workflows may import spec/%s: it brings neither zod nor Node nor anything outside the room',
  (file) => {
    expect([...pulledInBy(file)].filter((from) => !from.startsWith('./'))).toEqual([]);
  }
);

test('the schema does bring zod, so the test above can fail', () => {
  expect([...pulledInBy('read')]).toEqual(expect.arrayContaining(['zod', 'yaml', 'fastest-levenshtein']));
});
