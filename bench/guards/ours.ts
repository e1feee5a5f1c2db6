import { hasCrossed, startEProcess, stepEProcess } from '../../guards/e-process';
import type { Alternative, EProcessDesign } from '../../guards/e-process';
import { allAtStart } from '../../guards/onset';
import type { Rule } from './peers/rule';

/** Plays the harm test of `guards/` over a window, tick by tick, by the code that judges real rollouts. */
export function harmRule(name: string, design: EProcessDesign): Rule {
  return {
    name,
    stop: ({ candidate, incumbent }) => {
      let state = startEProcess(design);
      for (let t = 0; t < candidate.n.length; t++) {
        const [drawn, others, count] = [candidate.n[t] ?? 0, incumbent.n[t] ?? 0, candidate.bad[t] ?? 0];
        const events = count + (incumbent.bad[t] ?? 0);
        state = stepEProcess({ design, state, family: { kind: 'hypergeometric', drawn, others, events }, count });
        if (hasCrossed(design, state)) return t;
      }
      return candidate.n.length;
    },
  };
}

/** The prototype's configuration, which the golden fixtures of `test/guards` pin: what the shipped one is compared with. */
export function referenceDesign(alpha: number, ticks: number): EProcessDesign {
  const pairs = [
    [1.2, 0.06],
    [1.5, 0.1],
    [2, 0.14],
    [3, 0.18],
    [5, 0.2],
    [10, 0.22],
    [30, 0.07],
    [100, 0.03],
  ] as const;
  return {
    nullTheta: 1,
    alternatives: pairs.map(([multiple, prior]) => ({ multiple, prior })),
    logCap: -Math.log(alpha),
    boosted: true,
    onset: { atStart: 0.9, everyTicks: 10, horizonTicks: ticks, withinHorizon: 0.1, beyondHorizon: 0 },
  };
}

/** The test that is told the odds ratio but not the base rate: the price of being valid whatever the base rate does. */
export function informedDesign(design: EProcessDesign, oddsRatio: number): EProcessDesign {
  return { ...design, alternatives: [{ multiple: oddsRatio, prior: 1 }], onset: allAtStart };
}

/** The same test with part of its prior on the effect that the user says is worth catching. */
export function hintedDesign(design: EProcessDesign, oddsRatio: number, part: number): EProcessDesign {
  const rest: readonly Alternative[] = design.alternatives.map(({ multiple, prior }) => ({
    multiple,
    prior: prior * (1 - part),
  }));
  return { ...design, alternatives: [...rest, { multiple: oddsRatio, prior: part }] };
}

export const oddsRatioOf = (candidateRate: number, incumbentRate: number): number =>
  candidateRate / (1 - candidateRate) / (incumbentRate / (1 - incumbentRate));
