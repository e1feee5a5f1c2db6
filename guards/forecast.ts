import { imagineRollouts } from './imagined-rollout';
import type { ImaginedRun, Scenario } from './imagined-rollout';
import { seededUniform } from './random';

/** When one decision is expected. */
export interface DecisionForecast {
  /** Mean number of ticks until the decision, over the runs that reach it. */
  readonly expectedTicks: number;
  /** Ticks within which nine runs in ten decide; null when fewer do so within the horizon. */
  readonly ticks90: number | null;
  /** Share of runs that decide within the horizon, 0–1. */
  readonly chance: number;
  /** Mean number of requests that the candidate serves until then, or until it fails, or over the whole horizon. */
  readonly candidateRequests: number;
}

/** What a guard will do if the rates are as given. Null: in most runs it will not happen within the horizon. */
export interface Forecast {
  readonly ticksToFail: DecisionForecast | null;
  /** Counts passes that no failure preceded. */
  readonly ticksToPass: DecisionForecast | null;
}

/** Runs, and the work after which no more are started: they leave 2–4 % of error in a mean. */
const RUNS = { least: 300, most: 1000, enoughSteps: 20_000 } as const;

/**
 * Plays the guard's own tests over imagined traffic with these rates, over the plan's horizon. The random numbers are
 * seeded, so a plan shown twice says the same. Takes up to some tenths of a second, whatever the horizon. A test whose null is
 * true is not played: it decides by mistake only. The exact mode is foretold, whatever the plan says. Throws `RangeError` for rates outside 0–1, shares
 * outside 0–100, no traffic, or shadow pairs.
 */
export function forecast(scenario: Scenario): Forecast {
  check(scenario);
  const rollouts = imagineRollouts(scenario);
  const uniform = seededUniform(20_240_611);
  const runs: ImaginedRun[] = [];
  for (let steps = 0; runs.length < RUNS.least || (runs.length < RUNS.most && steps < RUNS.enoughSteps);) {
    const run = rollouts.play(uniform);
    steps += run.steps;
    runs.push(run);
  }
  return {
    ticksToFail: summarise(scenario, runs, (run) => run.failTick),
    ticksToPass: summarise(scenario, runs, (run) => run.passTick),
  };
}

function summarise(
  scenario: Scenario,
  runs: readonly ImaginedRun[],
  tickOf: (run: ImaginedRun) => number | null
): DecisionForecast | null {
  return decisionForecast(
    runs.map((run) => ({ tick: tickOf(run), servedTicks: tickOf(run) ?? run.failTick ?? scenario.plan.horizonTicks })),
    (scenario.requestsPerTick * scenario.sharePct) / 100
  );
}

/**
 * What runs say together: the tick of the decision, null where there was none, and for how many ticks the candidate served. Null: fewer than half
 * of them decided.
 */
export function decisionForecast(
  runs: readonly { readonly tick: number | null; readonly servedTicks: number }[],
  candidatePerTick: number
): DecisionForecast | null {
  const reached = runs.flatMap(({ tick }) => tick ?? []).sort((a, b) => a - b);
  const chance = reached.length / runs.length;
  if (chance < 0.5) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    expectedTicks: mean(reached),
    ticks90: reached[Math.ceil(0.9 * runs.length) - 1] ?? null,
    chance,
    candidateRequests: candidatePerTick * mean(runs.map(({ servedTicks }) => servedTicks)),
  };
}

function check({ plan, incumbentRate, candidateRate, requestsPerTick, sharePct }: Scenario): void {
  const within = (name: string, value: number, highest: number) => {
    if (!(value >= 0 && value <= highest)) throw new RangeError(`${name} is ${value}, not between 0 and ${highest}`);
  };
  if (plan.kind === 'shadow')
    throw new RangeError('pairs are not foretold from rates: how often both fail together matters');
  within('incumbentRate', incumbentRate, 1);
  within('candidateRate', candidateRate, 1);
  within('sharePct', sharePct, 100);
  if (!(requestsPerTick > 0 && Number.isFinite(requestsPerTick))) {
    throw new RangeError(`requestsPerTick is ${requestsPerTick}, not a positive number`);
  }
}
