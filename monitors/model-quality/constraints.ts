import type { Json } from '../types';
import type { Quality } from './measure';
import type { Problem } from './join-options';

export const CONSTRAINTS_KEY = {
  BinaryClassification: 'binary_classification_constraints',
  MulticlassClassification: 'multiclass_classification_constraints',
  Regression: 'regression_constraints',
} as const satisfies Readonly<Record<Problem, string>>;

/** SageMaker's words: which way of leaving the threshold is a violation. */
export type Operator = 'LessThanThreshold' | 'GreaterThanThreshold';

export interface Constraint {
  readonly metric: string;
  readonly threshold: number;
  readonly operator: Operator;
}

const BETTER_WHEN_LESS = ['mae', 'mse', 'rmse', 'false_positive_rate', 'false_negative_rate'];

/** SageMaker's `constraints.json`: each metric's threshold is its value in the baseline, to be edited. */
export function constraintsFile(quality: Quality, problem: Problem): Json {
  const known = Object.entries(quality.metrics).filter(([, { value }]) => Number.isFinite(value));
  return {
    version: 0,
    [CONSTRAINTS_KEY[problem]]: Object.fromEntries(
      known.map(([metric, { value }]) => [
        metric,
        {
          threshold: value,
          comparison_operator: BETTER_WHEN_LESS.includes(metric) ? 'GreaterThanThreshold' : 'LessThanThreshold',
        },
      ])
    ),
  };
}

/** Constraints as a baseline, a person, or SageMaker has written them; throws `RangeError` with the place of what is wrong. */
export function readConstraints(file: Json | undefined, problem: Problem): readonly Constraint[] {
  if (file === undefined) throw new RangeError('the baseline has no constraints.json');
  const key = CONSTRAINTS_KEY[problem];
  const all = isObject(file) ? file[key] : undefined;
  if (!isObject(all)) throw new RangeError(`constraints.json has no ${key}: it is not of ${problem}`);
  return Object.entries(all).map(([metric, one]) => {
    const threshold = isObject(one) ? one['threshold'] : undefined;
    const operator = isObject(one) ? one['comparison_operator'] : undefined;
    if (typeof threshold !== 'number')
      throw new RangeError(
        `constraints.json: ${key}.${metric}.threshold is ${JSON.stringify(threshold)}, not a number`
      );
    if (operator !== 'LessThanThreshold' && operator !== 'GreaterThanThreshold')
      throw new RangeError(
        `constraints.json: ${key}.${metric}.comparison_operator is ${JSON.stringify(operator)}, not LessThanThreshold or GreaterThanThreshold`
      );
    return { metric, threshold, operator };
  });
}

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
