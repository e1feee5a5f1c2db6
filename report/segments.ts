import type { Reward } from '../guards/bandits';
import { OTHER_SEGMENT, variantShares } from '../rollout';
import type { RolloutState } from '../rollout';
import type { SegmentView } from './view';
import { count, percent } from './words';

/** How a bandit that learns segments apart splits each of them, and on what rewards; empty where there is one split for all. */
export function segmentViews({ layout, bandit, incumbent, plan }: RolloutState): readonly SegmentView[] {
  if (layout.segments === undefined || incumbent === null) return [];
  return Object.entries(layout.segments).map(([segment, shares]) => {
    const sharesPct = variantShares({ ...layout, sharesPct: shares }, incumbent.variant);
    const state = segment === OTHER_SEGMENT ? bandit?.state : bandit?.bySegment?.[segment];
    const text = Object.entries(sharesPct).map(([arm, pct]) => {
      const { n, sum } = state?.arms.find(({ name }) => name === arm)?.total ?? { n: 0, sum: 0 };
      return `${percent(pct)} to ${arm} (${earned(n, sum, plan?.bandit?.reward)})`;
    });
    return { segment, sharesPct, text: text.join(', ') };
  });
}

/** Of two outcomes how often the better one; of values their mean, as the events carried them. */
function earned(n: number, sum: number, reward: Reward | undefined): string {
  if (reward?.kind !== 'bounded') return `earned ${count(sum)} of ${count(n)}`;
  const mean = reward.low + (n === 0 ? 0 : sum / n) * (reward.high - reward.low);
  return n === 0 ? 'earned nothing yet' : `earned ${Number(mean.toPrecision(4))} a request over ${count(n)}`;
}

/** As lines: `phones: 12 % to v7 (earned 41 of 812), 88 % to v8 (earned 93 of 1,204)`. */
export function segmentLines(views: readonly SegmentView[]): readonly string[] {
  return views.map(({ segment, text }) => `${segment}: ${text}`);
}
