import { formatDuration } from '../spec/duration';

/** A share or rate in percent, with one decimal where it is not whole; never rounded to 0 or 100 when it is neither. */
export function percent(pct: number): string {
  if (pct > 0 && pct < 0.05) return '<0.1 %';
  if (pct < 100 && pct >= 99.95) return '>99.9 %';
  const rounded = Math.round(pct * 10) / 10;
  return `${Number.isInteger(rounded) ? rounded : rounded.toFixed(1)} %`;
}

/** A whole number with thousands separators. */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 request`, `1,204 requests`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** An amount of money with as many digits as say something. */
export function money(value: number): string {
  if (value > 0 && value < 0.0005) return '<0.001';
  if (Math.abs(value) >= 100) return count(value);
  return value.toFixed(Math.abs(value) < 1 ? 3 : 2);
}

/** A length of time in its two largest units, spelled as in the rollout file: `45s`, `2m5s`, `3d4h`. Negative lengths count as none. */
export function duration(ms: number): string {
  return formatDuration(ms < 1000 ? Math.max(0, ms) : Math.round(ms / 1000) * 1000, 2);
}

/** A time of day in UTC, `14:32:10`; with its date when that is not the day of `nowMs`. */
export function clock(atMs: number, nowMs: number): string {
  const at = new Date(atMs).toISOString();
  const time = at.slice(11, 19);
  return at.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10) ? time : `${at.slice(0, 10)} ${time}`;
}

/** `ana`, `ana or bo`, `ana, bo or cy`. */
export function anyOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Cuts text to `length` characters, with an ellipsis for what is missing. */
export function clip(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/**
 * Text that people typed or that a service sent, on one line and without control characters: a reason must not be able to
 * move the cursor of whoever reads it.
 */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** One word of a shell command line, quoted where a shell would otherwise read more than a word in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Puts a full stop where a sentence lacks its end. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** An instant to the second: `2026-11-28T02:00:00Z`. */
export function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
