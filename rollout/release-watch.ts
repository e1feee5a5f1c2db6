import type { RolloutSpec } from '../spec/types';
import { horizonMs } from './rungs';

/** What keeps the way back open where a file says nothing of its own. */
const WATCH = { forMs: 24 * 60 * 60 * 1000, holdbackPct: 2, keep: 'warm' } as const;

/**
 * The rollouts of a release with watches that outlast it: through all later waves and the time in which all are watched together, which is the
 * longest `watch.for` of the files. Were one over before, its endpoint could not come back with the others. The release ends them itself, so
 * what is added costs nothing.
 */
export function watchedTogether(waves: readonly (readonly RolloutSpec[])[]): {
  readonly waves: readonly (readonly RolloutSpec[])[];
  readonly togetherMs: number;
} {
  const togetherMs = Math.max(0, ...waves.flat().map(({ watch }) => watch?.forMs ?? 0));
  const watched = (spec: RolloutSpec, laterMs: number): RolloutSpec => ({
    ...spec,
    watch: { ...(spec.watch ?? WATCH), forMs: togetherMs + Math.max(WATCH.forMs, laterMs) },
  });
  return {
    togetherMs,
    waves: waves.map((wave, i) => {
      const laterMs = waves.slice(i).reduce((sum, later) => sum + Math.max(0, ...later.map(longestMs)), 0);
      return wave.map((spec) => watched(spec, laterMs));
    }),
  };
}

/** Twice what its stages may take: a share may be held on past its time, and people and AWS take theirs. */
function longestMs(spec: RolloutSpec): number {
  const askedMs = spec.stages.reduce((sum, stage) => sum + (stage.kind === 'approval' ? stage.withinMs : 0), 0);
  return 2 * (horizonMs(spec) + askedMs);
}
