import { PREFIX_PATTERN } from './addresses';
import { nearestOf } from './nearest';
import { placesIn } from './places';
import type { Reading } from './scalar';
import { scalar, withNearest } from './scalar';

/** What may stand in braces in an address, with what it becomes. */
const TEMPLATE_PLACES = {
  date: 'the date, 2026-11-28',
  yyyy: 'the year',
  mm: 'the month, two digits',
  dd: 'the day, two digits',
  hh: 'the hour, two digits',
  min: 'the minute, two digits',
  time: 'the moment in UTC, 2026-11-28T02-00-00Z',
} as const;

/** `s3://bucket/prefix/{date}/`: an address whose places in braces are filled in for each run. */
export function templatedAddress(describe: string, example: string) {
  const read = (found: unknown): Reading<string> => {
    if (typeof found !== 'string') return { ok: false };
    if (!new RegExp(PREFIX_PATTERN).test(found))
      return /^s3:\/\/[^/]*\{/.test(found)
        ? { ok: false, because: 'a bucket is fixed' }
        : { ok: false, ...withNearest(withScheme(found)) };
    const known = Object.keys(TEMPLATE_PLACES);
    const unknown = placesIn(found).find((name) => !known.includes(name));
    if (unknown === undefined && !/[{}]/.test(found.replaceAll(/\{[^{}]*\}/g, ''))) return { ok: true, value: found };
    const nearest = unknown === undefined ? undefined : nearestOf(unknown, known);
    const meant = nearest === undefined ? undefined : found.replace(`{${unknown}}`, `{${nearest}}`);
    return {
      ok: false,
      because: unknown === undefined ? 'its braces do not fit' : `{${unknown}} is no place that it can fill in`,
      ...withNearest(meant),
    };
  };
  return scalar({
    what: 'an S3 address',
    allowed: `s3://bucket/prefix, with {${Object.keys(TEMPLATE_PLACES).join('}, {')}} in it`,
    example,
    describe,
    json: { type: 'string', pattern: PREFIX_PATTERN },
    read,
  });
}

function withScheme(text: string): string | undefined {
  const rest = /^(?:s3[an]?:\/{0,3})?([^:/][^:]*)$/i.exec(text)?.[1];
  const nearest = rest === undefined ? undefined : `s3://${rest}`;
  return nearest !== undefined && new RegExp(PREFIX_PATTERN).test(nearest) ? nearest : undefined;
}
