import type { Reading } from './scalar';
import { scalar, withNearest } from './scalar';

const UNITS = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const PATTERN = '^\\d+(\\.\\d+)?(KB|MB|GB|TB)$';

/** A size in bytes, written with its unit (1 MB is 1024 KB, as SageMaker counts). */
export function size(describe: string, example: string) {
  const read = (found: unknown): Reading<number> => {
    const bytes = typeof found === 'string' ? parseSize(found) : null;
    if (bytes !== null && bytes >= 1) return { ok: true, value: bytes };
    if (bytes !== null) return { ok: false, because: 'it is nothing at all' };
    if (typeof found === 'number') return { ok: false, because: 'it has no unit', ...withNearest(`${found}MB`) };
    const meant =
      typeof found === 'string'
        ? found
            .replaceAll(/[ _i]/g, '')
            .toUpperCase()
            .replace(/(\d[KMGT])$/, '$1B')
        : '';
    return { ok: false, ...withNearest(parseSize(meant) === null ? undefined : meant) };
  };
  return scalar({
    what: 'a size',
    allowed: 'a number with a unit: 512KB, 256MB, 10GB',
    example,
    describe,
    json: { type: 'string', pattern: PATTERN },
    read,
  });
}

function parseSize(text: string): number | null {
  const [, number = '', , unit = ''] = /^(\d+(\.\d+)?)(KB|MB|GB|TB)$/.exec(text) ?? [];
  return isUnit(unit) ? Math.floor(Number(number) * UNITS[unit]) : null;
}

function isUnit(text: string): text is keyof typeof UNITS {
  return Object.hasOwn(UNITS, text);
}
