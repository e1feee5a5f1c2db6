import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ACCEPTED_IN } from '../../rollout/verb-table';
import { EXIT } from '../../scripts/exit-codes';
import { VERBS } from '../../scripts/verbs';
import type { Verb } from '../../rollout';

const page = readFileSync(path.join(__dirname, '../../docs/operating.md'), 'utf8');

test('the page on operating has every verb of the command line', () => {
  expect(VERBS.map(({ name }) => name).filter((name) => !page.includes(`sluice ${name}`))).toEqual([]);
});

test('its table of verbs and phases is the one that is checked when a person says something', () => {
  const [header = [], , ...rows] = tableAfter('### Which verb in which phase');
  const columns = header.slice(1).map((words) => words.split(', ').map(verbOf));
  expect(columns.flat().sort()).toEqual(Object.keys(ACCEPTED_IN).sort());
  for (const [verb, phases] of Object.entries(ACCEPTED_IN)) {
    const column = columns.findIndex((verbs) => verbs.includes(verb)) + 1;
    const ticked = rows.filter((row) => row[column] === '✓').map(([phase = '']) => phase.replaceAll('`', ''));
    expect({ verb, ticked: ticked.sort() }).toEqual({ verb, ticked: [...phases].sort() });
  }
});

test('its exit codes are those that there are', () => {
  const [, , ...rows] = tableAfter('### Exit codes');
  expect(rows.map(([code]) => Number(code))).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});

/** Cells of the first table after a heading. */
function tableAfter(heading: string): readonly (readonly string[])[] {
  const lines = page.slice(page.indexOf(heading)).split('\n');
  const begin = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(begin).findIndex((line) => !line.startsWith('|'));
  return lines.slice(begin, begin + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  );
}

/** The command line says `accept` for what the workflow calls by its full name. */
function verbOf(word: string): string {
  return word === 'accept' ? ('acceptCurrentState' satisfies Verb) : word;
}
