import { validationException } from '../wire/errors';

/** A moment on a wall clock somewhere; months count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export type Cron = (at: WallTime) => boolean;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads the six fields of AWS's cron: minutes, hours, day of month, month, day of week, year, with `* , - / ?`, names, and `L`, `W`, `#`
 * in the days. Throws ValidationException. (Application Auto Scaling User Guide, "Schedule recurring scaling actions".)
 */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  const [minutes = '', hours = '', days = '', months = '', weekdays = '', years = ''] = fields;
  if (fields.length !== 6 || (days === '?') === (weekdays === '?')) throw malformed(text);
  const minute = parseField(minutes, { min: 0, max: 59, names: [] }, text);
  const hour = parseField(hours, { min: 0, max: 23, names: [] }, text);
  const month = parseField(months, { min: 1, max: 12, names: MONTHS }, text);
  const year = parseField(years, { min: 1970, max: 2199, names: [] }, text);
  const day = days === '?' ? weekdayRule(weekdays, text) : dayRule(days, text);
  return (at) => minute.has(at.minute) && hour.has(at.hour) && month.has(at.month) && year.has(at.year) && day(at);
}

function dayRule(field: string, text: string): Cron {
  if (field === 'L') return (at) => at.day === lastDay(at);
  if (field === 'LW') return (at) => at.day === nearestWeekday(at, lastDay(at));
  const workday = /^(\d{1,2})W$/.exec(field)?.[1];
  if (workday !== undefined) {
    const wanted = Number(workday);
    if (wanted < 1 || wanted > 31) throw malformed(text);
    return (at) => wanted <= lastDay(at) && at.day === nearestWeekday(at, wanted);
  }
  const days = parseField(field, { min: 1, max: 31, names: [] }, text);
  return (at) => days.has(at.day);
}

function weekdayRule(field: string, text: string): Cron {
  const [, name = '', sign = '', nth = ''] = /^([A-Z]{3}|\d)(L|#)(\d?)$/i.exec(field) ?? [];
  if (name === '') {
    const weekdays = parseField(field, { min: 1, max: 7, names: WEEKDAYS }, text);
    return (at) => weekdays.has(weekdayOf(at, at.day));
  }
  const weekday = valueOf(name, { min: 1, max: 7, names: WEEKDAYS }, text);
  if (sign.toUpperCase() === 'L' && nth === '')
    return (at) => weekdayOf(at, at.day) === weekday && at.day + 7 > lastDay(at);
  if (!/^[1-5]$/.test(nth)) throw malformed(text);
  return (at) => weekdayOf(at, at.day) === weekday && Math.ceil(at.day / 7) === Number(nth);
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names: readonly string[];
}

function parseField(field: string, range: Range, text: string): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (from === '' || (from === '*' && to !== undefined) || step === '0') throw malformed(text);
    const first = from === '*' ? range.min : valueOf(from, range, text);
    const isOpen = from === '*' || (to === undefined && step !== undefined);
    const last = isOpen ? range.max : to === undefined ? first : valueOf(to, range, text);
    const width = range.max - range.min + 1;
    // FRI-MON goes over the end of the week.
    const count = (last >= first ? last - first : last + width - first) + 1;
    for (let offset = 0; offset < count; offset += Number(step ?? 1))
      values.add(range.min + ((first - range.min + offset) % width));
  }
  return values;
}

function valueOf(word: string, range: Range, text: string): number {
  const named = range.names.indexOf(word.toUpperCase());
  const value = named >= 0 ? range.min + named : /^\d+$/.test(word) ? Number(word) : NaN;
  if (!(value >= range.min && value <= range.max)) throw malformed(text);
  return value;
}

function lastDay({ year, month }: WallTime): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function weekdayOf({ year, month }: WallTime, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

/** The working day next to a day, within its month. */
function nearestWeekday(at: WallTime, day: number): number {
  const weekday = weekdayOf(at, day);
  if (weekday === 7) return day > 1 ? day - 1 : day + 2;
  if (weekday === 1) return day < lastDay(at) ? day + 1 : day - 2;
  return day;
}

function malformed(text: string) {
  return validationException(`Schedule expression is not valid: cron(${text})`);
}
