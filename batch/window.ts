const DAY_MS = 86_400_000;

/** The moment whose data a run is about, as its addresses name it. */
export interface DataWindow {
  /** When the run was due. */
  readonly nominalMs: number;
  /** By place in braces: `date`, `hh`, … */
  readonly places: Readonly<Record<string, string>>;
}

interface LocalTime {
  readonly yyyy: string;
  readonly mm: string;
  readonly dd: string;
  readonly hh: string;
  readonly min: string;
}

/**
 * The places of a run that was due at `nominalMs`, by the clock of `timezone`, `lagMs` earlier. Whole days of the lag are days of the calendar, so
 * that a day which is 23 or 25 hours long is one day; the rest is taken off as time. `{time}` is the nominal moment itself, in UTC.
 */
export function dataWindow(
  nominalMs: number,
  { timezone, lagMs }: { readonly timezone: string; readonly lagMs: number }
): DataWindow {
  const days = Math.floor(lagMs / DAY_MS);
  const local = localTime(nominalMs - (lagMs % DAY_MS), timezone);
  const day = new Date(Date.UTC(Number(local.yyyy), Number(local.mm) - 1, Number(local.dd) - days));
  const [date = ''] = day.toISOString().split('T');
  const [yyyy = '', mm = '', dd = ''] = date.split('-');
  const time = new Date(nominalMs).toISOString().slice(0, 19).replaceAll(':', '-') + 'Z';
  return { nominalMs, places: { date, yyyy, mm, dd, hh: local.hh, min: local.min, time } };
}

/** The address of one run: every place in braces filled in. */
export function filled(address: string, { places }: DataWindow): string {
  return address.replaceAll(/\{([^{}]*)\}/g, (whole, name: string) => places[name] ?? whole);
}

/** Making one costs a thousand times what using it does. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const two = '2-digit';
  const known = FORMATS.get(timezone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: timezone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: two, day: two, hour: two, minute: two },
    });
  if (known === undefined) FORMATS.set(timezone, format);
  return format;
}

function localTime(ms: number, timezone: string): LocalTime {
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value])
  );
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return { yyyy: of('year').padStart(4, '0'), mm: of('month'), dd: of('day'), hh: of('hour'), min: of('minute') };
}

/** The first moment of a date (`2026-11-28`) in a zone. Where the clock jumps over midnight, the day begins where it lands. */
export function startOfDay(date: string, timezone: string): number {
  const asUtcMs = Date.parse(`${date}T00:00:00Z`);
  // Within 26 hours of UTC's midnight in every zone; the offset there is the one that counts, or the one an hour beside it.
  const quarterMs = 15 * 60_000;
  for (let ms = asUtcMs - DAY_MS; ms <= asUtcMs + DAY_MS; ms += quarterMs) {
    const { yyyy, mm, dd } = localTime(ms, timezone);
    if (`${yyyy}-${mm}-${dd}` >= date) return ms;
  }
  return asUtcMs;
}

/** The nominal time of a run by hand whose `{date}` is this one. */
export function nominalOf(
  date: string,
  { timezone, lagMs }: { readonly timezone: string; readonly lagMs: number }
): number {
  const day = new Date(Date.parse(`${date}T00:00:00Z`) + Math.floor(lagMs / DAY_MS) * DAY_MS)
    .toISOString()
    .slice(0, 10);
  return startOfDay(day, timezone) + (lagMs % DAY_MS);
}
