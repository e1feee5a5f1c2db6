import { formatDuration, parseDuration } from './duration';
import { nearestOf } from './nearest';

/** What people write for units elsewhere. */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  ms: 'ms',
  msec: 'ms',
  millis: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  s: 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  m: 'm',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  h: 'h',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  d: 'd',
  day: 'd',
  days: 'd',
};
const LONG_WORDS = Object.keys(UNIT_WORDS).filter((word) => word.length > 3);

/** The duration that was probably meant by `10min`, `1.5h`, `2 Hours`, `3 weeks` or `10 minuts`, spelled as the file spells it. */
export function meantDuration(text: string): string | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const [, count, word] = match ?? [];
  if (count === undefined || word === undefined) return undefined;
  const weeks = /^w(ks?|eeks?)?$/i.test(word);
  const unit = weeks
    ? 'd'
    : (UNIT_WORDS[word] ?? UNIT_WORDS[word.toLowerCase()] ?? UNIT_WORDS[nearestOf(word, LONG_WORDS) ?? '']);
  const unitMs = unit === undefined ? null : parseDuration(`1${unit}`);
  if (unitMs === null) return undefined;
  if (!weeks && Number.isSafeInteger(Number(count)) && Number(count) > 0) return `${Number(count)}${unit}`;
  const ms = Math.round(Number(count) * unitMs * (weeks ? 7 : 1));
  return ms > 0 && Number.isSafeInteger(ms) ? formatDuration(ms) : undefined;
}
