import { validationException } from '../wire/errors';
import type { Cron, WallTime } from './cron';
import { parseCron } from './cron';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Zones change their offset on a quarter of an hour, so within one the offset holds. */
const OFFSET_MS = 15 * MINUTE_MS;
const UNITS_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS };
/** An action that was due while the sandbox did not run is caught up once, if it is not older than this. */
const CATCH_UP_MS = 35 * DAY_MS;

/** When something happens: the latest moment after `afterMs` and not after `untilMs`, or `undefined` for none. */
export type Schedule = (window: { readonly afterMs: number; readonly untilMs: number }) => number | undefined;

/**
 * Reads `at(…)`, `rate(…)` or `cron(…)`. The time zone, an IANA name, is for `at` and `cron`; a rate counts from `baseMs`, which
 * itself is due only when `isBaseDue`. Throws ValidationException.
 */
export function parseSchedule(expression: {
  readonly text: string;
  readonly timezone: string | undefined;
  readonly baseMs: number;
  readonly isBaseDue: boolean;
}): Schedule {
  const { text, timezone = 'UTC', baseMs, isBaseDue } = expression;
  const [, kind, inner = ''] = /^(at|rate|cron)\((.*)\)$/.exec(text.trim()) ?? [];
  const zone = zoneOf(timezone);
  switch (kind) {
    case 'at':
      return once(momentOf(inner, zone, text));
    case 'rate':
      return everyMs(intervalOf(inner, text), { baseMs, isBaseDue });
    case 'cron':
      return byCron(parseCron(inner), zone);
    default:
      throw malformed(text);
  }
}

function once(atMs: number): Schedule {
  return ({ afterMs, untilMs }) => (atMs > afterMs && atMs <= untilMs ? atMs : undefined);
}

function everyMs(intervalMs: number, base: { readonly baseMs: number; readonly isBaseDue: boolean }): Schedule {
  return ({ afterMs, untilMs }) => {
    const count = Math.floor((untilMs - base.baseMs) / intervalMs);
    const atMs = base.baseMs + count * intervalMs;
    return count >= (base.isBaseDue ? 0 : 1) && atMs > afterMs ? atMs : undefined;
  };
}

function byCron(cron: Cron, zone: Intl.DateTimeFormat): Schedule {
  return ({ afterMs, untilMs }) => {
    const earliestMs = Math.max(afterMs, untilMs - CATCH_UP_MS);
    let offset: { readonly blockMs: number; readonly wallMs: number } | undefined;
    for (let atMs = Math.floor(untilMs / MINUTE_MS) * MINUTE_MS; atMs > earliestMs; atMs -= MINUTE_MS) {
      const blockMs = Math.floor(atMs / OFFSET_MS) * OFFSET_MS;
      if (offset?.blockMs !== blockMs) offset = { blockMs, wallMs: wallMsOf(blockMs, zone) };
      if (cron(wallTimeOf(offset.wallMs + (atMs - blockMs)))) return atMs;
    }
    return undefined;
  };
}

/** The instant at which clocks in the zone show a local time; of a time that is skipped, the one an offset earlier. */
function momentOf(local: string, zone: Intl.DateTimeFormat, text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(local)) throw malformed(text);
  const wallMs = Date.parse(`${local}Z`);
  if (Number.isNaN(wallMs)) throw malformed(text);
  // The offset near the wanted instant is right except across a change of the clocks; the second look corrects that.
  const guessMs = wallMs - (wallMsOf(wallMs, zone) - wallMs);
  return wallMs - (wallMsOf(guessMs, zone) - guessMs);
}

function intervalOf(inner: string, text: string): number {
  const [, value = '', unit = '', plural] = /^\s*(\d+)\s+(minute|hour|day)(s?)\s*$/.exec(inner) ?? [];
  const count = Number(value);
  if (!(count > 0) || (count === 1) !== (plural === '')) throw malformed(text);
  return count * (UNITS_MS[unit] ?? 0);
}

function zoneOf(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    throw validationException(`Time zone is not valid: ${timezone}`);
  }
}

/** What clocks in the zone show, as if it were UTC. */
function wallMsOf(atMs: number, zone: Intl.DateTimeFormat): number {
  const parts = new Map(zone.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

function wallTimeOf(wallMs: number): WallTime {
  const date = new Date(wallMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

function malformed(text: string) {
  return validationException(`Schedule expression is not valid: ${text}`);
}
