import { table } from '../table';
import type { PolicyEstimate } from './estimate';
import type { LogCounts } from './log';

export interface Evaluation {
  readonly endpoint: string;
  /** What a call earns. */
  readonly reward: string;
  readonly unit: 'user' | 'request';
  /** Confidence of every interval. */
  readonly confidence: number;
  readonly arms: readonly string[];
  readonly segments: readonly string[];
  readonly counts: LogCounts;
  /** What the log itself earned, 0 to 1. */
  readonly logged: number | null;
  readonly policies: readonly PolicyEstimate[];
}

/** The estimates as a table, with what was left out and what the intervals promise. */
export function evaluationText(found: Evaluation): readonly string[] {
  const { counts, unit, confidence, logged, policies } = found;
  const percent = `${Number((confidence * 100).toPrecision(4))} %`;
  const what = unit === 'user' ? 'first calls of users, and calls without one' : 'calls';
  const left = [
    [counts.laterCalls, 'later calls of the same users, whose variant was settled by then'],
    [counts.withoutReward, 'whose reward is not known yet'],
    [counts.withoutPropensity, 'that the weights chose, without a propensity'],
  ] as const;
  return [
    `${found.endpoint}: ${found.reward}, by ${counts.used} ${what}. As logged: ${logged === null ? 'nothing is known' : number(logged)}.`,
    ...left.flatMap(([n, why]) => (n > 0 ? [`  left out: ${n} ${why}`] : [])),
    '',
    ...table(
      ['policy', 'doubly robust', percent, 'IPS', 'SNIPS', `guaranteed ${percent}`, 'worth (calls)'],
      policies.map(({ policy, values }) =>
        values === null
          ? [policy, 'the log never tried it', '', '', '', '', '0']
          : [
              policy,
              number(values.doublyRobust.estimate),
              range(values.doublyRobust.interval),
              number(values.ips.estimate),
              number(values.snips.estimate),
              range(values.guaranteed),
              String(Math.round(values.doublyRobust.effectiveRequests)),
            ]
      )
    ),
    ...policies
      .filter(({ values, unsupported }) => values !== null && unsupported > 0)
      .map(
        ({ policy, unsupported }) =>
          `  ${policy}: ${unsupported} calls left out, in epochs that gave an arm of it nothing.`
      ),
    '',
    `The intervals beside the doubly robust estimate are normal ones. The guaranteed ones hold at every look and for a log that learns, for the value averaged over epochs.`,
    ...(unit === 'request'
      ? [
          'Every call counts as drawn anew. Users who call again meet the same variant: then all intervals are too narrow (--unit user).',
        ]
      : []),
  ];
}

function number(value: number): string {
  return value.toFixed(4);
}

function range([low, high]: readonly [number, number]): string {
  return `${number(low)} … ${number(high)}`;
}
