import type { TickEvidence } from '../types';
import { addScore, noScore, stratumScore } from './score';
import type { ScoreSum } from './score';

/** Ticks that are looked at together, besides one by one, to see noise that lasts. */
export const BLOCK_TICKS = 10;

/** Overdispersion of the comparison of two arms that serve the same model. */
export interface Dispersion {
  /** Pearson's φ, at least 1: the larger of that of single ticks and that of blocks of ten, drawn a little towards 1. */
  readonly phi: number;
  /** Ticks, and blocks of ten ticks, that carried information. */
  readonly ticks: number;
  readonly blocks: number;
}

/**
 * Measures φ from an A/A phase: two slices of the incumbent stand in the evidence as candidate and incumbent. Without
 * noise of their own φ is about 1. Ticks must be consecutive; missing ones may be given with zero counts.
 */
export function measureDispersion(ticks: readonly TickEvidence[]): Dispersion {
  const scores = ticks.map(({ candidate, incumbent }) =>
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
  const single = pearson(scores);
  const blocked = pearson(blocksOf(scores));
  return { phi: Math.max(1, single.phi, blocked.phi), ticks: single.n, blocks: blocked.n };
}

function blocksOf(scores: readonly ScoreSum[]): readonly ScoreSum[] {
  return Array.from({ length: Math.floor(scores.length / BLOCK_TICKS) }, (_, block) =>
    scores
      .slice(block * BLOCK_TICKS, (block + 1) * BLOCK_TICKS)
      .reduce<ScoreSum>((sum, score) => addScore(sum, score), noScore)
  );
}

function pearson(scores: readonly ScoreSum[]): { readonly phi: number; readonly n: number } {
  const informative = scores.filter(({ information }) => information > 0);
  const n = informative.length;
  const sum = informative.reduce((total, { score, information }) => total + (score * score) / information, 0);
  return { phi: n > 1 ? (sum + 2) / (n + 2) : 1, n };
}

/**
 * What is known of φ while a guard runs, from past ticks only: Pearson's sums around the effect fitted so far, for single
 * ticks and for blocks.
 */
export interface RunningDispersion {
  /** Sums at odds ratio 1. */
  readonly all: ScoreSum;
  readonly squares: number;
  readonly ticks: number;
  readonly open: ScoreSum;
  readonly blocks: ScoreSum;
  readonly blockSquares: number;
  readonly blockCount: number;
}

export const noDispersion: RunningDispersion = {
  all: noScore,
  squares: 0,
  ticks: 0,
  open: noScore,
  blocks: noScore,
  blockSquares: 0,
  blockCount: 0,
};

/** Ticks, and blocks, that the frozen φ counts for against what is seen later. */
const PRIOR_TICKS = 10;
const PRIOR_BLOCKS = 2;

/** φ to use in the next tick: never below the frozen one, and more when past ticks scatter more around the fitted effect. */
export function runningPhi(frozen: number, seen: RunningDispersion): number {
  const { all } = seen;
  const effect = all.information > 0 ? all.score / all.information : 0;
  const spread = (squares: number, sum: ScoreSum): number =>
    squares - 2 * effect * sum.score + effect * effect * sum.information;
  const byTicks =
    seen.ticks === 0
      ? 0
      : (PRIOR_TICKS * frozen + spread(seen.squares, all)) / (PRIOR_TICKS + Math.max(seen.ticks - 1, 0));
  const byBlocks =
    seen.blockCount === 0
      ? 0
      : (PRIOR_BLOCKS * frozen + spread(seen.blockSquares, seen.blocks)) /
        (PRIOR_BLOCKS + Math.max(seen.blockCount - 1, 0));
  return Math.max(frozen, byTicks, byBlocks);
}

/** Counts one tick's score at odds ratio 1; `tick` is its number from 0. */
export function addDispersion(seen: RunningDispersion, score: ScoreSum, tick: number): RunningDispersion {
  if (!(score.information > 0)) return seen;
  const open = addScore(seen.open, score);
  const next = {
    ...seen,
    all: addScore(seen.all, score),
    squares: seen.squares + (score.score * score.score) / score.information,
    ticks: seen.ticks + 1,
  };
  if ((tick + 1) % BLOCK_TICKS !== 0) return { ...next, open };
  return {
    ...next,
    open: noScore,
    blocks: addScore(seen.blocks, open),
    blockSquares: seen.blockSquares + (open.score * open.score) / open.information,
    blockCount: seen.blockCount + 1,
  };
}
