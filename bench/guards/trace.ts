import { poisson, poissonOnce } from './numbers/poisson';
import { gammaShock } from './numbers/random';
import type { Uniform } from './numbers/random';

/** Counts of one arm, tick by tick. */
export interface ArmTrace {
  readonly n: Float64Array;
  readonly bad: Float64Array;
}

/** One simulated window. */
export interface Trace {
  readonly candidate: ArmTrace;
  readonly incumbent: ArmTrace;
}

/** A number, or one for every tick. */
export type PerTick = number | readonly number[];

/** What the simulated service does; plain JSON, so that it travels to workers. */
export interface Traffic {
  readonly ticks: number;
  readonly requestsPerTick: number;
  /** The candidate's share of requests, as a fraction. */
  readonly share: PerTick;
  readonly incumbentRate: PerTick;
  readonly candidateRate: PerTick;
  /** Gamma shocks of the rates: the same for both arms, or each arm its own, then from a random tick on. */
  readonly shocks?: { readonly cv: number; readonly everyTicks: number; readonly arms: 'common' | 'each' };
}

export const at = (value: PerTick, tick: number): number => (typeof value === 'number' ? value : (value[tick] ?? NaN));

/**
 * Draws one window. Requests arrive as a Poisson process, are routed and fail independently, so the four kinds of
 * requests of a tick are independent Poisson numbers.
 */
export function drawTrace(traffic: Traffic, uniform: Uniform): Trace {
  const { ticks, requestsPerTick, shocks } = traffic;
  const arm = (): ArmTrace => ({ n: new Float64Array(ticks), bad: new Float64Array(ticks) });
  const trace = { candidate: arm(), incumbent: arm() };
  const draw = shocks === undefined ? poisson : poissonOnce;
  let shock = { candidate: 1, incumbent: 1 };
  const phase = shocks?.arms === 'each' ? Math.floor(uniform() * shocks.everyTicks) : 0;
  for (let t = 0; t < ticks; t++) {
    if (shocks !== undefined && (t === 0 || (t + phase) % shocks.everyTicks === 0)) shock = drawShock(shocks, uniform);
    const share = at(traffic.share, t);
    for (const name of ['candidate', 'incumbent'] as const) {
      const mean = requestsPerTick * (name === 'candidate' ? share : 1 - share);
      const rate = Math.min(
        1,
        at(name === 'candidate' ? traffic.candidateRate : traffic.incumbentRate, t) * shock[name]
      );
      const bad = draw(uniform, mean * rate);
      trace[name].bad[t] = bad;
      trace[name].n[t] = bad + draw(uniform, mean * (1 - rate));
    }
  }
  return trace;
}

function drawShock(shocks: NonNullable<Traffic['shocks']>, uniform: Uniform) {
  const candidate = gammaShock(uniform, shocks.cv);
  return { candidate, incumbent: shocks.arms === 'common' ? candidate : gammaShock(uniform, shocks.cv) };
}

/** Candidate requests served up to and including the tick of the stop; the whole window when there was none. */
export function exposed(trace: Trace, stop: number): number {
  const { n } = trace.candidate;
  let sum = 0;
  for (let t = 0; t < n.length && t <= stop; t++) sum += n[t] ?? 0;
  return sum;
}
