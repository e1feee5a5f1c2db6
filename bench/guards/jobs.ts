import { runUniform } from './numbers/random';
import { followOracle } from './peers/oracle';
import type { OracleRun } from './peers/oracle';
import { calibratedRules, rulesFor } from './rules';
import type { RuleSet } from './rules';
import { playDelayed } from './sections/delayed-play';
import type { DelayedCell, DelayedRun } from './sections/delayed-play';
import { playFleet } from './sections/fleet-play';
import type { FleetCell, FleetRun } from './sections/fleet-play';
import { playLatency } from './sections/latency-play';
import type { LatencyCell, LatencyRun } from './sections/latency-play';
import { playRollout } from './sections/rollouts-play';
import type { RolloutCell, RolloutRun } from './sections/rollouts-play';
import { drawTrace, exposed } from './trace';
import type { Traffic } from './trace';

/** Runs [from, to) of a cell. Every run has its own random numbers, so workers and their number change nothing. */
export interface Slice {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What one rule did on every run of a slice. */
export interface Outcome {
  readonly rule: string;
  readonly stops: readonly number[];
  readonly exposed: readonly number[];
}

/** What a worker can be asked; plain JSON both ways. */
export interface JobTypes {
  readonly play: {
    readonly input: { readonly traffic: Traffic; readonly rules: RuleSet };
    readonly output: readonly Outcome[];
  };
  readonly calibrate: { readonly input: { readonly traffic: Traffic }; readonly output: readonly Maxima[] };
  readonly oracle: { readonly input: { readonly traffic: Traffic }; readonly output: readonly OracleRun[] };
  readonly rollout: { readonly input: RolloutCell; readonly output: readonly RolloutRun[] };
  readonly delayed: { readonly input: DelayedCell; readonly output: readonly DelayedRun[] };
  readonly latency: { readonly input: LatencyCell; readonly output: readonly LatencyRun[] };
  readonly fleet: { readonly input: FleetCell; readonly output: readonly FleetRun[] };
}

/** Largest value that a running statistic took on every run of a slice. */
export interface Maxima {
  readonly rule: string;
  readonly values: readonly number[];
}

export type JobName = keyof JobTypes;

/** The work itself, by name. */
export const jobs: { readonly [K in JobName]: (input: JobTypes[K]['input'], slice: Slice) => JobTypes[K]['output'] } = {
  play: ({ traffic, rules }, slice) => {
    const build = rulesFor(rules, traffic);
    const outcomes: { rule: string; stops: number[]; exposed: number[] }[] = [];
    for (let run = slice.from; run < slice.to; run++) {
      const trace = drawTrace(traffic, runUniform(slice.seed, run));
      build(slice.seed, run).forEach((rule, i) => {
        const outcome = (outcomes[i] ??= { rule: rule.name, stops: [], exposed: [] });
        const stop = rule.stop(trace);
        outcome.stops.push(stop);
        outcome.exposed.push(exposed(trace, stop));
      });
    }
    return outcomes;
  },
  calibrate: ({ traffic }, slice) => {
    const maxima: { rule: string; values: number[] }[] = [];
    for (let run = slice.from; run < slice.to; run++) {
      const trace = drawTrace(traffic, runUniform(slice.seed, run));
      calibratedRules(slice.seed, run).forEach((rule, i) => {
        const values = (maxima[i] ??= { rule: rule.name, values: [] }).values;
        values.push(rule.path(trace).reduce((a, b) => (b > a ? b : a), -1e300));
      });
    }
    return maxima;
  },
  oracle: ({ traffic }, slice) =>
    each(slice, (run) => followOracle(traffic, drawTrace(traffic, runUniform(slice.seed, run)))),
  rollout: (cell, slice) => each(slice, (run) => playRollout(cell, runUniform(slice.seed, run))),
  delayed: (cell, slice) => each(slice, (run) => playDelayed(cell, runUniform(slice.seed, run))),
  latency: (cell, slice) => each(slice, (run) => playLatency(cell, runUniform(slice.seed, run))),
  fleet: (cell, slice) => each(slice, (run) => playFleet(cell, runUniform(slice.seed, run))),
};

function each<T>(slice: Slice, play: (run: number) => T): readonly T[] {
  return Array.from({ length: slice.to - slice.from }, (_, i) => play(slice.from + i));
}
