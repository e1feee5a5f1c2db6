import { describe, expect, test } from '@jest/globals';
import { rolloutView } from '../../report';
import type { RolloutView } from '../../report';
import { changedLines } from '../../report/changes';
import { expectGolden } from '../support/golden';
import { START_MS, nowAt, stateAt } from './states';
import type { Story } from './states';

const viewOf = (story: Story): RolloutView => rolloutView(stateAt(story), nowAt(story));

/** What a log would hold after following one rollout through these moments. */
function logOf(stories: readonly Story[]): readonly string[] {
  return stories.flatMap((story, index) => {
    const before = stories[index - 1];
    return changedLines(before === undefined ? null : viewOf(before), viewOf(story));
  });
}

describe('following a rollout where nothing can be repainted', () => {
  test('a promoted rollout reads as agreed', () => {
    const path = [
      'reading',
      'planning',
      'deploying',
      'shifting',
      'baking',
      'approving',
      'halfway',
      'promoting',
      'finalising',
      'cleaning',
      'promoted',
    ] as const;
    expectGolden('report/golden/promoted-log.txt', logOf(path).join('\n'));
  });

  test('a withdrawn rollout reads as agreed', () => {
    expectGolden(
      'report/golden/rolled-back-log.txt',
      logOf(['baking', 'rollingBack', 'rollbackIncomplete', 'rolledBack']).join('\n')
    );
  });

  test('time that passes and evidence that grows are no news', () => {
    const state = stateAt('baking');
    const more = { ...state, traffic: { ...state.traffic, candidate: 400 } };
    expect(changedLines(viewOf('baking'), rolloutView(more, START_MS + 170_000))).toEqual([]);
  });
});
