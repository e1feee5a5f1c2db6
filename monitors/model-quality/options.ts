import type { Json, OptionProblem } from '../types';
import { OptionReader } from '../option-reader';
import { JOIN_OPTIONS, PROBLEMS, readJoinOptions } from './join-options';
import type { JoinOptions } from './join-options';

export interface QualityOptions extends JoinOptions {
  /** Labelled rows below which nothing is concluded. */
  readonly leastRows: number;
  /** Of intervals. */
  readonly level: number;
  /** Probability of any false alarm, of all checks over all windows together. */
  readonly falseAlarm: number;
  /**
   * `interval`: a violation is shown at the level that `falseAlarm` asks for. `point`: as SageMaker does, any value beyond the threshold is one.
   */
  readonly rule: 'interval' | 'point';
  readonly seed: number;
}

const KNOWN = [...JOIN_OPTIONS, 'leastRows', 'level', 'falseAlarm', 'rule', 'seed'];

/** Reads the options of the model quality monitor. */
export function parseQualityOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: QualityOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, KNOWN);
  const join = readJoinOptions(read);
  const options: QualityOptions = {
    ...join,
    leastRows: read.whole('leastRows', 1) ?? 100,
    level: read.number('level', { low: 0.5, high: 0.9999 }) ?? 0.95,
    falseAlarm: read.number('falseAlarm', { low: 1e-6, high: 0.5 }) ?? 0.01,
    rule: read.choice('rule', ['interval', 'point']) ?? 'interval',
    seed: read.whole('seed', 0) ?? 1,
  };
  if (raw['problem'] === undefined) read.problem('problem', 'it is missing', `Write one of ${PROBLEMS.join(', ')}.`);
  const isBinary = raw['problem'] === 'BinaryClassification';
  if (join.prediction === null && (join.probability === null || !isBinary))
    read.problem('prediction', 'it is missing', 'Name the column that holds what the model predicted.');
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}
