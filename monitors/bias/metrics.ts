import type { Counts } from './counts';
import * as post from './post-training';
import * as pre from './pre-training';

export type BiasStage = 'pre_training' | 'post_training';

/** FT looks at rows, all others at counts. */
export type MetricName = CountedMetric | 'FT';

export const PRE_TRAINING = ['CDDL', 'CI', 'DPL', 'JS', 'KL', 'KS', 'LP', 'TVD'] as const;
export const POST_TRAINING = [
  'AD',
  'CDDPL',
  'DAR',
  'DCA',
  'DCR',
  'DI',
  'DPPL',
  'DRR',
  'FT',
  'GE',
  'RD',
  'SD',
  'TE',
] as const;
export type CountedMetric = Exclude<(typeof PRE_TRAINING)[number] | (typeof POST_TRAINING)[number], 'FT'>;

export interface Metric {
  readonly stage: BiasStage;
  /** As `analysis.json` has it. */
  readonly description: string;
  /** Without bias. */
  readonly neutral: 0 | 1;
  /** Null: there is no group variable. */
  readonly of: (counts: Counts) => number | null;
  /** What smclarify 0.5 gives where it leaves out labels that one side has not. */
  readonly compatible?: (counts: Counts) => number | null;
}

type Shares = readonly (readonly [number, number])[];

const counted = (stage: BiasStage, description: string, of: Metric['of']): Metric => ({
  stage,
  description,
  neutral: 0,
  of,
});

const ofShares = (description: string, distance: (shares: Shares) => number): Metric => ({
  ...counted('pre_training', description, (counts) => distance(pre.labelShares(counts))),
  compatible: (counts) => distance(pre.labelSharesOnBoth(counts)),
});

/**
 * Clarify's metrics on counts. https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-data-bias.html and
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-post-training-bias.html
 */
export const METRICS: Readonly<Record<CountedMetric, Metric>> = {
  CI: counted('pre_training', 'Class Imbalance (CI)', pre.classImbalance),
  DPL: counted('pre_training', 'Difference in Positive Proportions in Labels (DPL)', pre.labelProportions),
  KL: ofShares('Kullback-Liebler Divergence (KL)', pre.kullbackLeibler),
  JS: ofShares('Jensen-Shannon Divergence (JS)', pre.jensenShannon),
  LP: ofShares('L-p Norm (LP)', pre.lpNorm),
  TVD: ofShares('Total Variation Distance (TVD)', pre.totalVariation),
  KS: ofShares('Kolmogorov-Smirnov Distance (KS)', pre.kolmogorovSmirnov),
  CDDL: counted('pre_training', 'Conditional Demographic Disparity in Labels (CDDL)', ({ byLabel }) =>
    pre.conditionalDisparity(byLabel)
  ),
  DPPL: counted(
    'post_training',
    'Difference in Positive Proportions in Predicted Labels (DPPL)',
    post.predictedProportions
  ),
  DI: { ...counted('post_training', 'Disparate Impact (DI)', post.disparateImpact), neutral: 1 },
  DCA: counted('post_training', 'Difference in Conditional Acceptance (DCA)', post.conditionalAcceptance),
  DCR: counted('post_training', 'Difference in Conditional Rejection (DCR)', post.conditionalRejection),
  DAR: counted('post_training', 'Difference in Acceptance Rates (DAR)', post.acceptanceRates),
  DRR: counted('post_training', 'Difference in Rejection Rates (DRR)', post.rejectionRates),
  RD: counted('post_training', 'Recall Difference (RD)', post.recallDifference),
  SD: counted('post_training', 'Specificity Difference (SD)', post.specificityDifference),
  AD: counted('post_training', 'Accuracy Difference (AD)', post.accuracyDifference),
  TE: counted('post_training', 'Treatment Equality (TE)', post.treatmentEquality),
  CDDPL: counted('post_training', 'Conditional Demographic Disparity in Predicted Labels (CDDPL)', ({ byPrediction }) =>
    pre.conditionalDisparity(byPrediction)
  ),
  GE: counted('post_training', 'Generalized Entropy (GE)', post.generalizedEntropy),
};
