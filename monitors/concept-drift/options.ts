import { OptionReader } from '../option-reader';
import type { Json, OptionProblem } from '../types';
import { JOIN_OPTIONS, readJoinOptions } from '../model-quality/join-options';
import type { JoinOptions } from '../model-quality/join-options';

export const DETECTORS = ['martingale', 'adwin', 'pageHinkley'] as const;
export type Detector = (typeof DETECTORS)[number];

export interface DriftOptions {
  /** Columns of numbers that are watched, such as a score. */
  readonly values: readonly string[];
  /** How predictions and labels are found, where errors are watched too; null: they are not. */
  readonly errors: JoinOptions | null;
  readonly detectors: readonly Detector[];
  /** Of the martingales: probability of any false alarm, ever, of one variant. */
  readonly falseAlarm: number;
  /** Values within which most changes are expected. */
  readonly horizon: number;
  readonly direction: 'up' | 'down' | 'both';
  /** Of ADWIN, at one look. */
  readonly adwinDelta: number;
  /** Of Page–Hinkley, in standard deviations of the baseline. */
  readonly pageHinkleyThreshold: number;
  readonly leastBaseline: number;
}

const KNOWN = [
  'values',
  ...JOIN_OPTIONS,
  ...['detectors', 'falseAlarm', 'horizon', 'direction', 'adwinDelta', 'pageHinkleyThreshold', 'leastBaseline'],
];

/** Reads the options of the concept drift monitor. */
export function parseDriftOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: DriftOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, KNOWN);
  const values = read.texts('values') ?? [];
  const detectors = read.texts('detectors') ?? ['martingale'];
  const unknown = detectors.filter((name) => !DETECTORS.some((known) => known === name));
  if (unknown.length > 0)
    read.problem('detectors', `${unknown.join(', ')} is unknown`, `Write some of ${DETECTORS.join(', ')}.`);
  const errors = readJoinOptions(read);
  const { problem, prediction, probability } = errors;
  const watchesErrors = prediction !== null || probability !== null;
  if (watchesErrors && prediction === null && problem !== 'BinaryClassification')
    read.problem('prediction', 'it is missing', 'Name the column that holds what the model predicted.');
  if (!watchesErrors && values.length === 0)
    read.problem(
      'values',
      'nothing is watched',
      'Name columns of numbers, or `prediction` and where labels come from.'
    );
  const options: DriftOptions = {
    values,
    errors: watchesErrors ? errors : null,
    detectors: DETECTORS.filter((name) => detectors.includes(name)),
    falseAlarm: read.number('falseAlarm', { low: 1e-9, high: 0.5 }) ?? 0.01,
    horizon: read.whole('horizon', 100) ?? 10_000,
    direction: read.choice('direction', ['up', 'down', 'both']) ?? 'both',
    adwinDelta: read.number('adwinDelta', { low: 1e-12, high: 0.5 }) ?? 0.002,
    pageHinkleyThreshold: read.number('pageHinkleyThreshold', { low: 1e-6, high: 1e9 }) ?? 50,
    leastBaseline: read.whole('leastBaseline', 1) ?? 500,
  };
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}
