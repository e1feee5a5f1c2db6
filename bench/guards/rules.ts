import { rateDesigns } from '../../guards/rate';
import { runUniform } from './numbers/random';
import type { Uniform } from './numbers/random';
import { harmRule, hintedDesign, informedDesign, oddsRatioOf, referenceDesign } from './ours';
import { groupSequentialRules } from './peers/group-sequential';
import { kayentaPath, sameSizeBaseline } from './peers/kayenta';
import { firstOver } from './peers/rule';
import type { Rule, RunningStatistic } from './peers/rule';
import { asymptoticSequence, betting, msprt } from './peers/sequential';
import { documentedThresholds, thresholdRules, windowRates } from './peers/threshold';
import { errorsPlanOf } from './plan';
import { at } from './trace';
import type { Trace, Traffic } from './trace';

/** The one-sided 98 % interval of Kayenta's documentation. */
const KAYENTA_Z = 2.3263478740408408;

/** Threshold by rule that gives exactly alpha on a null sample of the very same traffic, which nobody has in real life. */
export type Calibration = Readonly<Record<string, number>>;

/** Which rules a section plays. */
export interface RuleSet {
  readonly alpha: number;
  readonly calibration: Calibration;
  /** Adds rules that are told the effect: the odds ratio known, and hinted at. */
  readonly informed: boolean;
}

/** Kayenta's running statistic; the baseline fleet of the same size is drawn from `uniform`. */
export const kayentaRule = (uniform: Uniform): RunningStatistic => ({
  name: 'Kayenta, hourly',
  path: (trace) => kayentaPath(windowRates(trace, 1), sameSizeBaseline(trace, uniform)),
});

/** The rules that are calibrated, for one run. */
export const calibratedRules = (seed: number, run: number): readonly RunningStatistic[] => [
  ...thresholdRules,
  kayentaRule(runUniform(seed ^ 0x5bd1e995, run)),
];

/** All rules by name, in the order of the tables. Built once for a cell, since boundaries take time. */
export function rulesFor(set: RuleSet, traffic: Traffic): (seed: number, run: number) => readonly Rule[] {
  const { alpha } = set;
  const fixed: readonly Rule[] = [
    ...groupSequentialRules(traffic.ticks, alpha),
    msprt({ tau: 0.01, alpha, sides: 2 }),
    msprt({ tau: 0.01, alpha, sides: 1 }),
    asymptoticSequence({ sharpestAt: 5000, alpha }),
    betting({ share: traffic.share, alpha }),
    ...ourRules(set, traffic),
  ];
  return (seed, run) => {
    const running = calibratedRules(seed, run);
    const cache = new Map<string, Float64Array>();
    const pathOf = (rule: RunningStatistic, trace: Trace): Float64Array => {
      const path = cache.get(rule.name) ?? rule.path(trace);
      cache.set(rule.name, path);
      return path;
    };
    const compare = (label: string, rule: RunningStatistic, threshold: number): Rule => ({
      name: `${label}: ${rule.name}`,
      stop: (trace) => firstOver(pathOf(rule, trace), threshold),
    });
    return [
      ...running.flatMap((rule) => {
        const threshold = rule.name === 'Kayenta, hourly' ? KAYENTA_Z : documentedThresholds[rule.name];
        return threshold === undefined ? [] : [compare('documented', rule, threshold)];
      }),
      ...running.flatMap((rule) => {
        const threshold = set.calibration[rule.name];
        return threshold === undefined ? [] : [compare('calibrated', rule, threshold)];
      }),
      ...fixed,
    ];
  };
}

function ourRules(set: RuleSet, traffic: Traffic): readonly Rule[] {
  const design = rateDesigns(errorsPlanOf(set.alpha, traffic.ticks)).harm;
  const rules = [harmRule(names.reference, referenceDesign(set.alpha, traffic.ticks)), harmRule(names.ours, design)];
  if (!set.informed) return rules;
  const truth = oddsRatioOf(at(traffic.candidateRate, traffic.ticks - 1), at(traffic.incumbentRate, traffic.ticks - 1));
  return [
    ...rules,
    harmRule(names.hinted, hintedDesign(design, truth, HINT)),
    harmRule(names.informed, informedDesign(design, truth)),
  ];
}

/** Share of the prior that a hint moves to the effect worth catching. */
const HINT = 0.4;

/** Names of our rules in the tables. */
export const names = {
  ours: 'Sluice, as shipped',
  reference: "Sluice, prototype's configuration",
  hinted: 'Sluice, hint of the effect',
  informed: 'limit: odds ratio known, base rate not',
  oracle: 'limit: exact SPRT, both rates known',
} as const;
