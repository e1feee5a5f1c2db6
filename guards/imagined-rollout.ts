import { hasCrossed, startEProcess, stepWithModel } from './e-process';
import type { EProcessDesign } from './e-process';
import type { CountFamily } from './hypergeometric';
import { rateDesigns, rateFamilies } from './rate';
import { binomialSampler, oddsOf, samplerOf } from './sampler';
import type { Sampler } from './sampler';
import { tickModel } from './tick-model';
import type { TickModel } from './tick-model';
import type { EProcessState, RatePlan } from './types';

/** Traffic and truth of an imagined rollout. Rates are fractions of bad events; `sharePct` is the candidate's share. */
export interface Scenario {
  readonly plan: RatePlan;
  readonly incumbentRate: number;
  readonly candidateRate: number;
  readonly requestsPerTick: number;
  readonly sharePct: number;
}

/** Tick in which a test decided (from 1); null when it did not within the horizon. */
export interface ImaginedRun {
  readonly failTick: number | null;
  /** Null also when the guard failed first. */
  readonly passTick: number | null;
  /** Blocks played: the cost of the run. */
  readonly steps: number;
}

/** Ticks that are played one by one; after that each doubling of time is played in half as many blocks. */
const SINGLE_TICKS = 64;

/** A test whose null is true decides with a probability of at most its budget: up to this much it need not be played. */
const NEGLIGIBLE_CHANCE = 0.05;

/** Players share their tables, so that a run costs microseconds a tick. Give `play` one source of uniform numbers a run. */
export function imagineRollouts(scenario: Scenario): { readonly play: (uniform: () => number) => ImaginedRun } {
  const blocks = blocksOf(scenario);
  const designs = rateDesigns(scenario.plan);
  const played = playedTests(scenario);
  if (!played.harm && !played.promote)
    return { play: () => ({ failTick: null, passTick: null, steps: blocks.length }) };
  return { play: (uniform) => playOnce({ blocks, designs, played, uniform }) };
}

/** Which tests can decide other than by a mistake that the plan allows for. */
interface PlayedTests {
  readonly harm: boolean;
  readonly promote: boolean;
}

function playedTests({ plan, candidateRate, incumbentRate }: Scenario): PlayedTests {
  const truth = oddsOf(candidateRate) / Math.max(oddsOf(incumbentRate), 1e-300);
  const nothingFails = candidateRate === 0 && incumbentRate === 0;
  return {
    harm: plan.rollbackAlpha > NEGLIGIBLE_CHANCE || (truth > plan.rollbackOddsRatio && !nothingFails),
    promote:
      plan.promoteAlpha > NEGLIGIBLE_CHANCE ||
      (truth < plan.promoteOddsRatio && !nothingFails) ||
      (plan.slo !== null && candidateRate < plan.slo),
  };
}

function playOnce(p: {
  readonly blocks: readonly Block[];
  readonly designs: ReturnType<typeof rateDesigns>;
  readonly played: PlayedTests;
  readonly uniform: () => number;
}): ImaginedRun {
  const { designs, played } = p;
  let harm = startEProcess(designs.harm);
  let promote = startEProcess(designs.promote);
  let slo = designs.slo === null ? null : startEProcess(designs.slo);
  let passTick: number | null = null;
  let steps = 0;
  for (const block of p.blocks) {
    steps += 1;
    const { tables, bad } = block.draw(p.uniform);
    if (played.harm) harm = step(designs.harm, harm, { model: tables.harm(), count: bad, block });
    if (hasCrossed(designs.harm, harm)) return { failTick: block.endTick, passTick, steps };
    if (passTick !== null || !played.promote) continue;
    promote = step(designs.promote, promote, { model: tables.promote(), count: tables.events - bad, block });
    if (slo !== null && designs.slo !== null) {
      slo = step(designs.slo, slo, { model: block.sloModel(), count: block.candidateTrials - bad, block });
    }
    const passes =
      hasCrossed(designs.promote, promote) || (designs.slo !== null && slo !== null && hasCrossed(designs.slo, slo));
    if (passes) passTick = block.endTick;
    if (passes && !played.harm) break;
  }
  return { failTick: null, passTick, steps };
}

function step(
  design: EProcessDesign,
  state: EProcessState,
  seen: { readonly model: TickModel; readonly count: number; readonly block: Block }
): EProcessState {
  // A tick that says nothing moves no bets of a test that placed them all at the start.
  if (!seen.model.informative && state.ticks > 0 && design.onset.atStart === 1) return state;
  return stepWithModel({ design, state, model: seen.model, count: seen.count, span: seen.block.ticks });
}

interface Block {
  readonly ticks: number;
  /** Last tick of the block, from 1. */
  readonly endTick: number;
  readonly candidateTrials: number;
  readonly sloModel: () => TickModel;
  readonly draw: (uniform: () => number) => { readonly tables: Tables; readonly bad: number };
}

/** What a block with these totals needs, built when first met. */
interface Tables {
  readonly events: number;
  readonly harm: () => TickModel;
  readonly promote: () => TickModel;
  readonly sampler: () => Sampler;
}

function blocksOf(scenario: Scenario): readonly Block[] {
  const { requestsPerTick, sharePct, plan } = scenario;
  const kinds = new Map<string, Omit<Block, 'endTick' | 'ticks'>>();
  const blocks: Block[] = [];
  // Fractions of a request are carried over, so that a share of 0.3 requests a tick gives 3 in 10 ticks.
  const upTo = (tick: number, perTick: number) => Math.floor(tick * perTick + 1e-9);
  const candidatePerTick = (requestsPerTick * sharePct) / 100;
  for (let tick = 0; tick < plan.horizonTicks;) {
    const ticks = Math.min(
      2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, tick / (SINGLE_TICKS / 2))))),
      plan.horizonTicks - tick
    );
    const endTick = tick + ticks;
    const candidate = upTo(endTick, candidatePerTick) - upTo(tick, candidatePerTick);
    const all = upTo(endTick, requestsPerTick) - upTo(tick, requestsPerTick);
    const key = `${candidate}/${all}`;
    const kind = kinds.get(key) ?? blockKind(scenario, { candidate, incumbent: Math.max(0, all - candidate) });
    kinds.set(key, kind);
    blocks.push({ ...kind, ticks, endTick });
    tick = endTick;
  }
  return blocks;
}

function blockKind(
  scenario: Scenario,
  trials: { readonly candidate: number; readonly incumbent: number }
): Omit<Block, 'endTick' | 'ticks'> {
  const { plan, candidateRate, incumbentRate } = scenario;
  const candidateBad = binomialSampler(trials.candidate, candidateRate);
  const incumbentBad = binomialSampler(trials.incumbent, incumbentRate);
  const odds = Math.min(Math.max(oddsOf(candidateRate) / Math.max(oddsOf(incumbentRate), 1e-12), 1e-9), 1e9);
  const variance =
    trials.candidate * candidateRate * (1 - candidateRate) + trials.incumbent * incumbentRate * (1 - incumbentRate);
  // The total says next to nothing about the odds ratio: a quarter of a deviation is fine enough to share tables.
  const grid = Math.max(1, Math.floor(Math.sqrt(variance) / 4));
  const byEvents = new Map<number, Tables>();
  const tablesFor = (events: number): Tables => {
    const known = byEvents.get(events) ?? tablesOf({ plan, odds, trials, events });
    byEvents.set(events, known);
    return known;
  };
  const most = trials.candidate + trials.incumbent;
  const sloFamily = rateFamilies(plan, { n: trials.candidate, bad: 0 }, { n: 0, bad: 0 }).slo;
  return {
    candidateTrials: trials.candidate,
    sloModel: once(() => modelFor(rateDesigns(plan).slo ?? rateDesigns(plan).harm, sloFamily)),
    draw: (uniform) => {
      const bad = candidateBad(uniform());
      const events = bad + incumbentBad(uniform());
      const rounded = Math.min(most, Math.round(events / grid) * grid);
      const tables = tablesFor(rounded);
      return { tables, bad: rounded === events ? bad : tables.sampler()(uniform()) };
    },
  };
}

function tablesOf(p: {
  readonly plan: RatePlan;
  readonly odds: number;
  readonly trials: { readonly candidate: number; readonly incumbent: number };
  readonly events: number;
}): Tables {
  const designs = rateDesigns(p.plan);
  const harm: CountFamily = {
    kind: 'hypergeometric',
    drawn: p.trials.candidate,
    others: p.trials.incumbent,
    events: p.events,
  };
  const promote: CountFamily = { ...harm, drawn: p.trials.incumbent, others: p.trials.candidate };
  return {
    events: p.events,
    harm: once(() => modelFor(designs.harm, harm)),
    promote: once(() => modelFor(designs.promote, promote)),
    sampler: once(() => samplerOf(harm, p.odds)),
  };
}

/** Room below the cap for which the tables are exact; far below it boosting changes nothing that a forecast shows. */
const EXTRA_ROOM = 30;

function modelFor(design: EProcessDesign, family: CountFamily | null): TickModel {
  return tickModel({
    family: family ?? { kind: 'binomial', trials: 0, odds: 1 },
    nullTheta: design.nullTheta,
    multiples: design.alternatives.map(({ multiple }) => multiple),
    logCap: design.logCap + EXTRA_ROOM,
  });
}

function once<T>(build: () => T): () => T {
  let built: { readonly value: T } | undefined;
  return () => (built ??= { value: build() }).value;
}
