import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { keysAt } from '../../spec/shape';
import { STAGES, told } from './support';

const PAGE = readFileSync(path.resolve(__dirname, '../../docs/rollout-file.md'), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => yaml);

/** What the page's fragments stand in. */
const { routing: _, watch: __, stages: ___, ...context } = parse(STAGES) as Readonly<Record<string, unknown>>;

describe('the page on the rollout file', () => {
  test('has an example for each kind of stage and for what follows them', () => {
    const shown = EXAMPLES.map((yaml) => parse(yaml) as { readonly stages?: readonly object[] });
    const kinds = new Set(shown.flatMap(({ stages = [] }) => stages.flatMap((stage) => Object.keys(stage))));
    const known = keysAt(['stages', 0], {});
    expect(known.length).toBeGreaterThan(5);
    expect([...kinds].sort()).toEqual([...known].sort());
    expect(shown.map((file) => Object.keys(file))).toContainEqual(['routing', 'watch', 'onNewer']);
  });

  test('names every key of every stage', () => {
    const keys = keysAt(['stages', 0], {}).flatMap((kind) => keysAt(['stages', 0, kind], {}));
    expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(PAGE))).toEqual([]);
  });

  test.each(EXAMPLES.map((yaml, i) => [i + 1, yaml] as const))('example %i is accepted', (_number, yaml) => {
    const own = parse(yaml) as Readonly<Record<string, unknown>>;
    const isWhole = Object.hasOwn(own, 'endpoint');
    expect(told(isWhole ? yaml : stringify({ ...context, ...own }))).toEqual([]);
  });
});
