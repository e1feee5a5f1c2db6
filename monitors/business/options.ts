import { OptionReader } from '../option-reader';
import type { Json, OptionProblem } from '../types';

export interface BusinessOptions {
  /** Name of the event: `conversion`, `complaint`. */
  readonly event: string;
  /** Where its lines are: an `s3://` prefix, a folder or a file. */
  readonly events: string;
  /** An event counts for a call when it happens at most so long after it. */
  readonly withinMs: number;
  /** `happened`: whether it happened at all. `value`: the sum of what its events carried, such as revenue. */
  readonly measure: 'happened' | 'value';
  readonly higherIs: 'better' | 'worse';
  /** The variant that the others are compared with; null: variants are only compared with the baseline. */
  readonly incumbent: string | null;
  /** What one event is worth, or one unit of its value: for the estimate in money. */
  readonly worth: number;
  /** Probability of a false alarm, over all windows together. */
  readonly falseAlarm: number;
  readonly leastCalls: number;
}

const KNOWN = [
  ...['event', 'events', 'withinMs', 'measure', 'higherIs', 'incumbent', 'worth', 'falseAlarm', 'leastCalls'],
];
const DAY_MS = 86_400_000;

/** Reads the options of the business monitor. */
export function parseBusinessOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: BusinessOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, KNOWN);
  const [event, events] = [read.text('event'), read.text('events')];
  const options: BusinessOptions = {
    event: event ?? '',
    events: events ?? '',
    withinMs: read.number('withinMs', { low: 1, high: 365 * DAY_MS }) ?? 30 * 60_000,
    measure: read.choice('measure', ['happened', 'value']) ?? 'happened',
    higherIs: read.choice('higherIs', ['better', 'worse']) ?? 'better',
    incumbent: read.text('incumbent') ?? null,
    worth: read.number('worth', { low: 0, high: 1e12 }) ?? 1,
    falseAlarm: read.number('falseAlarm', { low: 1e-6, high: 0.5 }) ?? 0.01,
    leastCalls: read.whole('leastCalls', 1) ?? 200,
  };
  if (event === undefined && raw['event'] === undefined)
    read.problem('event', 'it is missing', 'Name the event, for example conversion.');
  if (events === undefined && raw['events'] === undefined)
    read.problem('events', 'it is missing', 'Say where the events are: an s3:// prefix, a folder or a file.');
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}
