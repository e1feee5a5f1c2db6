import type { Reading } from './scalar';
import { withNearest } from './scalar';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

/** The five fields of a cron expression as Temporal reads them; Sunday is 0 and 7. */
const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, words: [] },
  { name: 'hour', least: 0, most: 23, words: [] },
  { name: 'day of the month', least: 1, most: 31, words: [] },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of the week', least: 0, most: 7, words: DAYS },
];

/** Words for the commonest times, in place of a cron expression. */
export const CRON_WORDS: Readonly<Record<string, string>> = {
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  weekly: '0 0 * * 0',
  monthly: '0 0 1 * *',
};

/** Roughly, for editors; `readCron` is the whole rule. */
export const CRON_PATTERN = `^(${Object.keys(CRON_WORDS).join('|')}|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$`;

export const CRON_ALLOWED =
  'hourly, daily, weekly, monthly, or five fields: minute hour day-of-month month day-of-week';

/** A cron expression of five fields, or one of the words, which is written out. */
export function readCron(found: unknown): Reading<string> {
  if (typeof found !== 'string') return { ok: false };
  const word = CRON_WORDS[found];
  if (word !== undefined) return { ok: true, value: word };
  const fields = found.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) {
    const because = `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, not 5`;
    return { ok: false, because, ...withNearest(ofAws(found)) };
  }
  for (const [index, field] of FIELDS.entries()) {
    const text = fields[index] ?? '';
    if (isField(text, field)) continue;
    return { ok: false, because: `its ${field.name} is ${text}, and goes from ${field.least} to ${field.most}` };
  }
  return { ok: true, value: fields.join(' ') };
}

function isField(text: string, field: Field): boolean {
  return text.split(',').every((part) => {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === '' || step === '0') return false;
    if (range === '*') return true;
    const ends = range.split('-').map((end) => valueOf(end, field));
    if (ends.length > 2 || ends.some((end) => end === undefined)) return false;
    const [from = 0, to = from] = ends;
    return from <= to;
  });
}

function valueOf(text: string, { least, most, words }: Field): number | undefined {
  const word = words.indexOf(text.toUpperCase());
  const value = word === -1 ? (/^\d+$/.test(text) ? Number(text) : undefined) : word + (words === MONTHS ? 1 : 0);
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

/** `cron(0 2 * * ? *)`, as AWS writes it, is `0 2 * * *`; seconds and years are no use here. */
function ofAws(text: string): string | undefined {
  const inner = /^cron\((.+)\)$/.exec(text.trim())?.[1]?.trim().split(/\s+/);
  if (inner?.length !== 6) return undefined;
  const fields = inner.slice(0, 5).map((field) => (field === '?' ? '*' : field));
  return fields.every((field, index) => isField(field, FIELDS[index] ?? { name: '', least: 0, most: 0, words: [] }))
    ? fields.join(' ')
    : undefined;
}
