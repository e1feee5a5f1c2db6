import { proportionInterval } from '../guards/proportion';
import type { Compared } from '../rollout';
import type { ComparedView } from './view';
import { count, percent } from './words';

/** One segment in twenty may be off, at any look. */
const ALPHA = 0.05;
/** Segments that are shown, the most different first. */
const SHOWN = 5;

/** How often both models say different things about the same request: over all, then where most. Intervals hold at every look. */
export function comparedViews(compared: readonly Compared[]): readonly ComparedView[] {
  const [all] = compared.filter(({ segment }) => segment === '');
  if (all === undefined || all.pairs === 0) return [];
  const segments = compared
    .filter(({ segment, pairs }) => segment !== '' && pairs > 0)
    .map((one) => viewOf(one, one.segment))
    .sort((a, b) => b.lowPct - a.lowPct)
    .slice(0, SHOWN);
  return [viewOf(all, 'all'), ...segments];
}

function viewOf({ pairs, different }: Compared, segment: string): ComparedView {
  const [low, high] = proportionInterval({ n: pairs, k: different, alpha: ALPHA }) ?? [0, 1];
  const text = `${percent((100 * different) / pairs)} of ${count(pairs)} answers differ (${percent(100 * low)} to ${percent(100 * high)})`;
  return { segment, pairs, differentPct: (100 * different) / pairs, lowPct: 100 * low, highPct: 100 * high, text };
}

/** As lines: `all: 3.2 % of 1,204 answers differ (2.3 % to 4.4 %)`. */
export function comparedLines(views: readonly ComparedView[]): readonly string[] {
  return views.map(({ segment, text }) => `${segment}: ${text}`);
}
