import { accuracyOf, confusionOf, weightedScore } from './confusion';
import type { Confusion } from './confusion';
import type { Measured } from './numbers';

/** SageMaker's names, in its order. Weights are the classes' actual shares. */
export function multiclassMetrics(confusion: Confusion): Readonly<Record<string, Measured>> {
  return {
    accuracy: accuracyOf(confusion),
    weighted_recall: weightedScore(confusion, Infinity),
    weighted_precision: weightedScore(confusion, 0),
    weighted_f0_5: weightedScore(confusion, 0.5),
    weighted_f1: weightedScore(confusion, 1),
    weighted_f2: weightedScore(confusion, 2),
  };
}

/** The same rows, all of them predicted as `constant`. */
export function alwaysClass(confusion: Confusion, constant: string): Confusion {
  return confusionOf(
    confusion.classes.map((actual, i) => ({
      actual,
      predicted: constant,
      count: (confusion.cells[i] ?? []).reduce((sum, count) => sum + count, 0),
    }))
  );
}

/** The class that AWS's examples predict always: 1. Where no class is called that, the most frequent one. */
export function constantOf(confusion: Confusion): string {
  return confusion.classes.includes('1') ? '1' : majorityOf(confusion).name;
}

/** The most frequent actual class, the first of equals, and its share: what any model must beat. */
export function majorityOf(confusion: Confusion): { readonly name: string; readonly share: number } {
  const rows = confusion.cells.map((row) => row.reduce((sum, count) => sum + count, 0));
  const most = Math.max(...rows, 0);
  return {
    name: confusion.classes[rows.indexOf(most)] ?? '',
    share: confusion.n > 0 ? most / confusion.n : 0,
  };
}
