import type { Stage } from '../spec/types';
import type { Layout, RolloutState, SegmentShares } from './types';

/** Requests of no named segment. */
export const OTHER_SEGMENT = 'other';

/** How many variants an endpoint has in a layout, in the words of plans and pages. */
export type Topology = 'single' | 'pair' | 'many' | 'shadowed';

export function topologyOf({ spec }: Pick<RolloutState, 'spec'>, kind: Layout['kind']): Topology {
  switch (kind) {
    case 'single':
      return 'single';
    case 'sliced':
      return 'pair';
    case 'shadowed':
      return 'shadowed';
    case 'split':
      return spec.candidates.length > 1 ? 'many' : 'pair';
  }
}

/** Percent of the live requests that candidates answer, all together. */
export function livePct({ sharesPct }: Layout): number {
  return sum(Object.values(sharesPct));
}

/**
 * Weights of all production variants as shares in percent: the candidates as laid out, the incumbent with the rest. Shares within groups of
 * users are a gateway's business: for calls that come past it the weights say incumbent.
 */
export function variantShares(layout: Layout, incumbent: string): Readonly<Record<string, number>> {
  if (layout.kind !== 'split') return layout.kind === 'shadowed' ? { [incumbent]: 100 } : {};
  if (layout.groups.length > 0)
    return { [incumbent]: 100, ...Object.fromEntries(Object.keys(layout.sharesPct).map((name) => [name, 0])) };
  return { [incumbent]: tidy(100 - livePct(layout)), ...layout.sharesPct };
}

/** A split in which these candidates share `totalPct` equally, and all others get nothing. */
export function evenSplit(all: readonly string[], running: readonly string[], totalPct: number): Layout['sharesPct'] {
  const each = running.length === 0 ? 0 : tidy(totalPct / running.length);
  return Object.fromEntries(all.map((name) => [name, running.includes(name) ? each : 0]));
}

export function sameShares(a: Layout, b: Layout): boolean {
  const names = new Set([...Object.keys(a.sharesPct), ...Object.keys(b.sharesPct)]);
  return (
    a.kind === b.kind &&
    a.copyPct === b.copyPct &&
    a.groups.join() === b.groups.join() &&
    [...names].every((name) => (a.sharesPct[name] ?? 0) === (b.sharesPct[name] ?? 0)) &&
    JSON.stringify(a.segments) === JSON.stringify(b.segments)
  );
}

/** The same shares in every segment of a stage that learns them apart; undefined where it does not. */
export function evenSegments(stage: Stage | undefined, sharesPct: Layout['sharesPct']): SegmentShares | undefined {
  if (stage?.kind !== 'bandit' || stage.segments === undefined) return undefined;
  return Object.fromEntries([...stage.segments.values, OTHER_SEGMENT].map((name) => [name, sharesPct]));
}

/** Weights go through JSON and SageMaker's floats: a ten-thousandth of a percent is as fine as it is worth. */
function tidy(pct: number): number {
  return Math.round(pct * 10_000) / 10_000;
}

function sum(values: readonly number[]): number {
  return tidy(values.reduce((total, value) => total + value, 0));
}
