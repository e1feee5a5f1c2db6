const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A duration as the rollout file spells it: whole numbers with units, largest unit first (`90s`, `10m`, `1h30m`, `14d`, `500ms`). */
export const DURATION_PATTERN = '^(?=.)(\\d+d)?(\\d+h)?(\\d+m(?!s))?(\\d+s)?(\\d+ms)?$';

const SHAPE = new RegExp(DURATION_PATTERN);

/** Milliseconds, or null when the text is not a duration (see `DURATION_PATTERN`). */
export function parseDuration(text: string): number | null {
  if (!SHAPE.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|[dhms])/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * lengthOf(unit), 0);
  return Number.isSafeInteger(ms) ? ms : null;
}

/**
 * The duration as the file would spell it: `90_000` is `1m30s`. With `maxUnits`, smaller units are cut off (`6d4h` for `maxUnits` 2).
 * Fractions of a millisecond are rounded.
 */
export function formatDuration(ms: number, maxUnits: number = UNITS.length): string {
  const whole = Math.round(Math.abs(ms));
  const parts: string[] = [];
  let rest = whole;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 && parts.length < maxUnits) parts.push(`${count}${unit}`);
  }
  if (parts.length === 0) return '0s';
  return `${ms < 0 ? '-' : ''}${parts.join('')}`;
}

function lengthOf(unit: string | undefined): number {
  return UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN;
}
