import { measureDispersion } from '../../../guards/noise/dispersion';
import { chooseMode } from '../../../guards/noise/mode';
import { countRate, isHarmful, passRoute, startRate } from '../../../guards/rate';
import type { NoiseMode, RatePlan, TickEvidence } from '../../../guards/types';
import type { Uniform } from '../numbers/random';
import { errorsPlanOf } from '../plan';
import { drawTrace } from '../trace';
import type { Trace, Traffic } from '../trace';
import { usual } from './section';

/** Arms whose own rates wobble: an A/A phase of two incumbent slices, then the candidate. */
export interface FleetCell {
  readonly traffic: Traffic;
  readonly aaTicks: number;
}

export interface FleetRun {
  /** Overdispersion measured in the A/A phase, and the mode it led to. */
  readonly phi: number;
  readonly mode: NoiseMode['mode'];
  /** Tick of the rollback by the guard as configured by the A/A phase, and by the exact guard regardless. */
  readonly stop: number;
  readonly exactStop: number;
  /** Whether the guard as configured passed the candidate at any look before that. */
  readonly passed: boolean;
}

/** Plays one A/A phase and one rollout. */
export function playFleet(cell: FleetCell, uniform: Uniform): FleetRun {
  const { traffic, aaTicks } = cell;
  const aa = drawTrace({ ...traffic, ticks: aaTicks, candidateRate: traffic.incumbentRate }, uniform);
  const measured = measureDispersion(ticksOf(aa));
  const noise = chooseMode({ subject: 'rate', measured });
  const trace = drawTrace(traffic, uniform);
  const plan = errorsPlanOf(usual.alpha, traffic.ticks);
  const exactStop = play(plan, trace).stop;
  return { phi: measured.phi, mode: noise.mode, exactStop, ...play({ ...plan, noise }, trace) };
}

function play(plan: RatePlan, trace: Trace): { readonly stop: number; readonly passed: boolean } {
  let state = startRate(plan);
  let passed = false;
  for (const [t, evidence] of ticksOf(trace).entries()) {
    state = countRate(plan, state, evidence);
    if (isHarmful(plan, state)) return { stop: t, passed };
    passed ||= passRoute(plan, state).stands;
  }
  return { stop: trace.candidate.n.length, passed };
}

function ticksOf({ candidate, incumbent }: Trace): readonly TickEvidence[] {
  return Array.from(candidate.n, (n, t) => ({
    key: String(t).padStart(6, '0'),
    candidate: { n, bad: candidate.bad[t] ?? 0 },
    incumbent: { n: incumbent.n[t] ?? 0, bad: incumbent.bad[t] ?? 0 },
  }));
}
