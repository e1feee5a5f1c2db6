import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rolloutView } from '../../report';
import type { RolloutView } from '../../report';
import { renderTerminal } from '../../report/terminal';
import { expectGolden } from '../support/golden';
import { STORIES, nowAt, stateAt } from './states';
import type { Story } from './states';

const stories = Object.keys(STORIES) as readonly Story[];
const viewOf = (story: Story): RolloutView => rolloutView(stateAt(story), nowAt(story));

describe('the terminal view of a rollout', () => {
  test.each(stories)('%s reads as agreed at 80 columns', (story) => {
    expectGolden(`report/golden/${story}.txt`, renderTerminal(viewOf(story), { width: 80, color: false }).join('\n'));
  });

  test.each(stories)('%s fits every width, except for commands, which stay whole to be copied', (story) => {
    for (const width of [40, 60, 80, 132]) {
      const tooLong = renderTerminal(viewOf(story), { width, color: false }).filter((line) => [...line].length > width);
      expect(tooLong.filter((line) => !/^ {2}sluice |^Stop it {2}sluice /.test(line))).toEqual([]);
    }
  });

  test.each(stories)('%s says the same without colours: they never carry meaning alone', (story) => {
    const plain = renderTerminal(viewOf(story), { width: 80, color: false });
    const colored = renderTerminal(viewOf(story), { width: 80, color: true });
    expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(plain);
    expect(colored).not.toEqual(plain);
  });

  test('a reason cannot move the cursor, ring the bell or forge a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const state = stateAt('baking');
        const log = [{ atMs: state.startedAtMs, text: `\u001b[2J${typed}\r\n\u0007` }];
        const lines = renderTerminal(rolloutView({ ...state, log }, nowAt('baking')), { width: 80, color: false });
        expect(lines.join('')).not.toMatch(/\p{Cc}/u);
      })
    );
  });

  test('the number of log lines can be chosen', () => {
    const height = (timeline: number): number =>
      renderTerminal(viewOf('promoted'), { width: 80, color: false, timeline }).length;
    expect(height(5) - height(2)).toBe(3);
  });
});
