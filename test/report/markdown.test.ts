import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rolloutView, summaryLine, toMarkdown } from '../../report';
import { expectGolden } from '../support/golden';
import { SPEC, STORIES, nowAt, stateAt } from './states';
import type { Story } from './states';

const stories = Object.keys(STORIES) as readonly Story[];
const markdownOf = (story: Story): string => toMarkdown(rolloutView(stateAt(story), nowAt(story)));

describe('the page of a rollout in the Temporal UI', () => {
  test.each(stories)('%s reads as agreed', (story) => {
    expectGolden(`report/golden/${story}.md`, markdownOf(story));
  });

  test.each(stories)('%s fits on one screen and holds no HTML', (story) => {
    const text = markdownOf(story);
    expect(text.split('\n').length).toBeLessThanOrEqual(40);
    expect(text).not.toMatch(/<[a-z/!]/i);
  });

  test('what people type cannot break a table, start a heading or add a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        const state = stateAt('rejected');
        const log = [...state.log, { atMs: state.startedAtMs, text: `# ${typed}\n\n# | ${typed}` }];
        const lines = toMarkdown(rolloutView({ ...state, log }, nowAt('rejected'))).split('\n');
        expect(lines.length).toBe(markdownOf('rejected').split('\n').length);
        expect(lines.at(-1)).toMatch(/^- `/);
      })
    );
  });

  test('the summary is one line that names model, endpoint and steps, and is cut where Temporal would cut it', () => {
    expect(summaryLine(rolloutView(stateAt('planning'), nowAt('planning')))).toBe(
      'v2 over v1 on product-reviews: canary 5 % → approval → canary 50 % → promote'
    );
    const long = {
      ...SPEC,
      endpoint: 'e'.repeat(63),
      candidates: [{ ...SPEC.candidates[0], name: 'v'.repeat(63) }],
    } as const;
    expect([...summaryLine(rolloutView(stateAt('planning', long), nowAt('planning')))]).toHaveLength(120);
  });
});
