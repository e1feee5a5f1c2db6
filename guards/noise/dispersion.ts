import type { TickEvidence } from '../types';
import { addScatter, addScore, noScatter, noScore, stratumScore } from './score';
import type { Scatter, ScoreSum } from './score';

/** Overdispersion of the comparison of two arms that serve the same model. */
export interface Dispersion {
  /** Pearson's φ, at least 1: the larger of that of single ticks and that of blocks, drawn a little towards 1. */
  readonly phi: number;
  /** Of the ticks that carried information, and of blocks of `blockTicks`, in which noise that lasts adds up. */
  readonly ticks: Scatter;
  readonly blocks: Scatter;
  readonly blockTicks: number;
}

/** A twelfth of the A/A phase: noise that lasts longer cannot be told from a difference by so short a look. */
const blockTicksFor = (ticks: number): number => Math.min(60, Math.max(5, Math.floor(ticks / 12)));

/**
 * Measures φ from an A/A phase: two slices of the incumbent stand in the evidence as candidate and incumbent. Without
 * noise of their own φ is about 1. Ticks must be consecutive; missing ones may be given with zero counts.
 */
export function measureDispersion(
  evidence: readonly TickEvidence[],
  blockTicks: number = blockTicksFor(evidence.length)
): Dispersion {
  const scores = evidence.map(({ candidate, incumbent }) =>
    stratumScore({
      family: {
        kind: 'hypergeometric',
        drawn: candidate.n,
        others: incumbent.n,
        events: candidate.bad + incumbent.bad,
      },
      theta: 1,
      count: candidate.bad,
    })
  );
  const ticks = scores.reduce(addScatter, noScatter);
  const blocks = blocksOf(scores, blockTicks).reduce(addScatter, noScatter);
  return { phi: Math.max(1, pearson(ticks), pearson(blocks)), ticks, blocks, blockTicks };
}

/** Fewest informative ticks that a measured φ may rest on. */
export const LEAST_TICKS = 30;

/**
 * What counts of several series of one guard, such as the cut-offs of latency: the noisiest of those that tell enough; where none does, the
 * one that tells most. A φ of a few ticks is chance, and must not stand for what others have measured.
 */
export function noisiest(measured: readonly Dispersion[]): Dispersion | undefined {
  const telling = measured.filter(({ ticks }) => ticks.count >= LEAST_TICKS);
  return telling.length > 0
    ? [...telling].sort((a, b) => b.phi - a.phi)[0]
    : [...measured].sort((a, b) => b.ticks.count - a.ticks.count)[0];
}

function blocksOf(scores: readonly ScoreSum[], blockTicks: number): readonly ScoreSum[] {
  return Array.from({ length: Math.floor(scores.length / blockTicks) }, (_, block) =>
    scores.slice(block * blockTicks, (block + 1) * blockTicks).reduce(addScore, noScore)
  );
}

const pearson = ({ squares, count }: Scatter): number => (count > 1 ? (squares + 2) / (count + 2) : 1);

/** Upper bound of φ at 90 %, by the χ² law of the scatter (Wilson and Hilferty); the larger of ticks and blocks. */
export function phiUpperBound({ ticks, blocks }: Pick<Dispersion, 'ticks' | 'blocks'>): number {
  const bound = ({ squares, count }: Scatter): number => {
    const spread = 2 / (9 * Math.max(1, count));
    const lower = count * Math.max(0, 1 - spread - 1.2816 * Math.sqrt(spread)) ** 3;
    return lower > 0 ? Math.max(squares, count) / lower : Infinity;
  };
  return Math.max(bound(ticks), bound(blocks));
}
