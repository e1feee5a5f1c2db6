import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KNOBS } from '../../../sandbox/knobs/knobs';
import { knobsOf, readKnobsFile } from '../../../sandbox/knobs/parse';

const DOCS = path.join(__dirname, '..', '..', '..', 'docs');

/** The cells of the tables below headings about what is inferred, without their heads, of one page. */
function rows(file: string): readonly (readonly string[])[] {
  const sections = readFileSync(path.join(DOCS, file), 'utf8').split('\n## ');
  return sections
    .filter((section) => section.startsWith('Inferred'))
    .flatMap((section) => section.split('\n'))
    .filter((line) => line.startsWith('| ') && !/^\| (behaviour|-)/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
    );
}

const listed = readdirSync(DOCS)
  .filter((file) => /^sandbox.*\.md$/.test(file))
  .flatMap(rows);

describe('what is inferred', () => {
  test('has a switch in every line, and every switch stands in a line with its values and its default first', () => {
    expect(listed.length).toBeGreaterThan(40);
    expect(listed.filter(([, , switches = '']) => !switches.includes('`'))).toEqual([]);
    const switches = listed.map(([, , cell = '']) => cell).join('\n');
    const undocumented = Object.entries(KNOBS).filter(([name, shape]) => {
      const values = shape.kind === 'choice' ? `: ${shape.values.map((value) => `\`${value}\``).join(', ')}` : '';
      return !switches.includes(`\`${name}\`${values}`);
    });
    expect(undocumented.map(([name]) => name)).toEqual([]);
  });

  test('is read from a file, beside other keys, and every mistake is told at once with the nearest name', () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'knobs-'));
    try {
      const file = path.join(dir, 'sandbox.yaml');
      writeFileSync(file, 'images: {}\nknobs:\n  rollbackStatus: Updating\n  provisionMs: 1000\n');
      expect(knobsOf(readKnobsFile(file), file)).toMatchObject({
        rollbackStatus: 'Updating',
        provisionMs: 1000,
        missingAlarm: 'refused',
        texts: [],
      });
      writeFileSync(
        file,
        'knobs: { rolbackStatus: Updating, provisionMs: -1, missingAlarm: maybe, isRollbackSilent: 1, texts: [{ match: "(" , text: a }] }'
      );
      expect(() => readKnobsFile(file)).toThrow(
        [
          `${file}: 5 mistake(s)`,
          'rolbackStatus: no such knob; nearest: rollbackStatus',
          'isRollbackSilent: expected true or false, not 1',
          'missingAlarm: expected one of refused, ignored, not "maybe"',
          'texts: expected a list of { match: regular expression, text: what stands in its place }, not [{"match":"(","text":"a"}]',
          'provisionMs: expected a number of 0 or more, not -1',
        ]
          .sort((a, b) => order(a) - order(b))
          .join('\n  ')
      );
      writeFileSync(file, 'rollbackStatus: Updating');
      expect(() => readKnobsFile(file)).toThrow('expected a mapping "knobs"');
      expect(() => readKnobsFile(path.join(dir, 'absent.yaml'))).toThrow('cannot read');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

/** Unknown names come first, the others in the order of the table. */
function order(line: string): number {
  return Object.keys(KNOBS).indexOf(line.split(':')[0] ?? '') + (line.startsWith('/') ? -1e9 : 0);
}
