import { DURATION_PATTERN, formatDuration, parseDuration } from './duration';
import { meantDuration } from './meant-duration';
import type { Reading } from './scalar';
import { scalar, withNearest } from './scalar';
import { formatShare, parseShare, SHARE_PATTERN, toFraction } from './share';

const LONGEST_MS = 366 * 86_400_000;

/** A duration in milliseconds, above zero and at most a year. */
export function duration(describe: string) {
  return aDuration(describe, { least: 1 });
}

/** A duration in milliseconds, which may be `0s`. */
export function durationOrZero(describe: string) {
  return aDuration(describe, { least: 0 });
}

function aDuration(describe: string, { least }: { readonly least: 0 | 1 }) {
  const read = (found: unknown): Reading<number> => {
    const ms = typeof found === 'string' ? parseDuration(found) : null;
    if (ms !== null && ms >= least && ms <= LONGEST_MS) return { ok: true, value: ms };
    if (ms === 0) return { ok: false, because: 'it is no time at all' };
    if (ms !== null) return { ok: false, because: `it is longer than ${formatDuration(LONGEST_MS)}` };
    if (typeof found === 'number')
      return { ok: false, because: 'it has no unit', ...withNearest(meantDuration(`${found}s`)) };
    return { ok: false, ...withNearest(typeof found === 'string' ? meantDuration(found) : undefined) };
  };
  const allowed = 'a whole number with a unit: 500ms, 90s, 10m, 2h, 14d, or together as in 1h30m';
  return scalar({
    what: 'a duration',
    allowed,
    example: '10m',
    describe,
    json: { type: 'string', pattern: DURATION_PATTERN },
    read,
  });
}

/** A share in percent, 0–100. */
export function share(describe: string, example = '5%') {
  const json = { type: 'string', pattern: SHARE_PATTERN };
  return scalar({ what: 'a share', allowed: SHARE_ALLOWED, example, describe, json, read: readShare });
}

/** A rate or budget, written as a share, read as a fraction 0–1. */
export function rate(describe: string, example: string) {
  const json = { type: 'string', pattern: SHARE_PATTERN };
  return scalar({ what: 'a share', allowed: SHARE_ALLOWED, example, describe, json, read: readRate });
}

/** A rate, or the word `none`, read as null. */
export function rateOrNone(describe: string, example: string) {
  const read = (found: unknown): Reading<number | null> =>
    found === 'none' ? { ok: true, value: null } : readRate(found);
  const json = { type: 'string', pattern: `${SHARE_PATTERN}|^none$` };
  return scalar({ what: 'a share', allowed: `${SHARE_ALLOWED}; or none`, example, describe, json, read });
}

const SHARE_ALLOWED = 'a percentage from 0% to 100%, with its sign: 5%, 0.5%';

function readRate(found: unknown): Reading<number> {
  const reading = readShare(found);
  return reading.ok ? { ok: true, value: toFraction(reading.value) } : reading;
}

function readShare(found: unknown): Reading<number> {
  const pct = typeof found === 'string' ? parseShare(found) : null;
  if (pct !== null) return { ok: true, value: pct };
  if (typeof found === 'number') return withoutSign(found);
  if (typeof found !== 'string') return { ok: false };
  const number = /^(\d+(?:[.,]\d+)?) *(%|percent|pct)$/i.exec(found)?.[1] ?? /^% *(\d+(?:[.,]\d+)?)$/.exec(found)?.[1];
  if (number === undefined) return { ok: false };
  const meant = parseShare(`${number.replace(',', '.')}%`);
  return meant === null
    ? { ok: false, because: 'it is more than everything' }
    : { ok: false, ...withNearest(formatShare(meant)) };
}

/** `5` was meant as 5 %; `0.05` may be a fraction or a percentage, which only the writer knows. */
function withoutSign(found: number): Reading<never> {
  const because = 'it has no % sign';
  if (!(found >= 0 && found <= 100)) return { ok: false, because };
  if (found >= 1 || found === 0) return { ok: false, because, nearest: formatShare(found) };
  return {
    ok: false,
    because,
    remedy: `Write \`${formatShare(found * 100)}\` or \`${formatShare(found)}\`, whichever you mean.`,
  };
}
