import { decisionForecast } from '../forecast';
import type { DecisionForecast } from '../forecast';
import { countTick, startGuard, verdictKind } from '../judge';
import { seededUniform } from '../random';
import type { Evidence, GuardPlan } from '../types';

/** A tick of imagined traffic: `ticks` of the file's taken together. */
export type DrawTick = (at: { readonly key: string; readonly ticks: number }, uniform: () => number) => Evidence;

export interface Imagined {
  readonly plan: GuardPlan;
  readonly draw: DrawTick;
  readonly horizonTicks: number;
  /** Requests of the candidate in a tick, or pairs. */
  readonly candidatePerTick: number;
  readonly decides: 'fail' | 'pass';
}

/** Runs, and the ticks after which no more are started: they leave 5 to 7 % of error in a mean. */
const RUNS = { least: 80, most: 300, enoughTicks: 4_000 } as const;
/** Ticks that are played one by one. What is not decided by then is played in ticks so long that there are as many. */
const FINE_TICKS = 180;
/** Decided so often within the fine ticks, a forecast needs no others. */
const MOST = 0.95;

/**
 * Plays the guard itself over imagined traffic, tick by tick: for kinds and modes that have no faster play of their own. Seeded, so that a plan
 * shown twice says the same. Null: in most runs it will not happen within the horizon.
 */
export function foretell(imagined: Imagined): DecisionForecast | null {
  const { horizonTicks, candidatePerTick } = imagined;
  const fine = playAll(imagined, { scale: 1, atMost: Math.min(FINE_TICKS, horizonTicks) });
  const scale = Math.ceil(horizonTicks / FINE_TICKS);
  const decided = fine.filter((tick) => tick !== null).length / fine.length;
  const ticks = scale === 1 || decided >= MOST ? fine : playAll(imagined, { scale, atMost: FINE_TICKS });
  return decisionForecast(
    ticks.map((tick) => ({ tick, servedTicks: tick ?? horizonTicks })),
    candidatePerTick
  );
}

interface Pace {
  /** Ticks of the file that are taken together. */
  readonly scale: number;
  readonly atMost: number;
}

/** The tick of each run in which it decided as asked; null where it did not. */
function playAll(imagined: Imagined, pace: Pace): readonly (number | null)[] {
  const uniform = seededUniform(20_240_611);
  const plan = inLongTicks(imagined.plan, pace.scale);
  const runs: (number | null)[] = [];
  for (let played = 0; runs.length < RUNS.least || (runs.length < RUNS.most && played < RUNS.enoughTicks);) {
    const run = playOnce({ ...imagined, plan }, pace, uniform);
    played += run.played;
    runs.push(run.tick);
  }
  return runs;
}

function playOnce(
  { plan, draw, decides }: Imagined,
  { scale, atMost }: Pace,
  uniform: () => number
): { readonly tick: number | null; readonly played: number } {
  let state = startGuard(plan);
  for (let tick = 1; tick <= atMost; tick++) {
    const key = new Date(tick * 60_000).toISOString();
    state = countTick({ plan, state, evidence: draw({ key, ticks: scale }, uniform) });
    const kind = verdictKind(plan, state);
    if (kind === decides) return { tick: scale === 1 ? tick : (tick - 0.5) * scale, played: tick };
    if (kind === 'fail') return { tick: null, played: tick };
  }
  return { tick: null, played: atMost };
}

/** The same plan where ticks are longer: what it measures in ticks is as long in hours. */
function inLongTicks(plan: GuardPlan, scale: number): GuardPlan {
  if (scale === 1 || !('horizonTicks' in plan)) return plan;
  const shorter = { ...plan, horizonTicks: Math.ceil(plan.horizonTicks / scale) };
  const measured = plan.noise?.measured;
  if (plan.noise === undefined || measured === undefined) return shorter;
  const blockTicks = Math.max(1, Math.round(measured.blockTicks / scale));
  return { ...shorter, noise: { ...plan.noise, measured: { ...measured, blockTicks } } };
}
