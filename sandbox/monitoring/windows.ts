import { validationException } from '../wire/errors';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When executions are due. */
export type Timing =
  { readonly kind: 'now' } | { readonly kind: 'hours'; readonly startHour: number; readonly everyHours: number };

/**
 * Reads what SageMaker accepts: `NOW`, `cron(0 * ? * * *)`, `cron(0 H ? * * *)` and `cron(0 H/N ? * * *)` with H 00-23 and N 1-24, in UTC. Throws
 * ValidationException for every other expression. (API reference, ScheduleConfig.)
 */
export function parseTiming(text: string): Timing {
  if (text === 'NOW') return { kind: 'now' };
  const [, hours] = /^cron\(0 (\*|\d{1,2}(?:\/\d{1,2})?) \? \* \* \*\)$/.exec(text) ?? [];
  const [start = '', every] = (hours ?? '').split('/');
  const startHour = start === '*' ? 0 : Number(start);
  const everyHours = start === '*' ? 1 : Number(every ?? 24);
  if (hours === undefined || startHour > 23 || everyHours < 1 || everyHours > 24)
    throw validationException(
      `Invalid schedule expression ${text}. Supported are NOW, cron(0 * ? * * *), cron(0 [00-23] ? * * *) and cron(0 [00-23]/[01-24] ? * * *).`
    );
  return { kind: 'hours', startHour, everyHours };
}

/** The latest due time at or before a moment: N-hourly times are counted from H o'clock of the day on which the schedule was made. */
export function dueAtOrBefore(
  timing: Extract<Timing, { readonly kind: 'hours' }>,
  of: { readonly atMs: number; readonly createdMs: number }
): number {
  const anchorMs = Math.floor(of.createdMs / DAY_MS) * DAY_MS + timing.startHour * HOUR_MS;
  const stepMs = timing.everyHours * HOUR_MS;
  return anchorMs + Math.floor((of.atMs - anchorMs) / stepMs) * stepMs;
}

/** All due times after one moment and not after another, in their order. */
export function dueBetween(
  timing: Timing,
  of: { readonly afterMs: number; readonly untilMs: number; readonly createdMs: number }
): readonly number[] {
  if (timing.kind === 'now') return [];
  const stepMs = timing.everyHours * HOUR_MS;
  const due: number[] = [];
  const lastMs = dueAtOrBefore(timing, { atMs: of.untilMs, createdMs: of.createdMs });
  for (let atMs = lastMs; atMs > of.afterMs; atMs -= stepMs) due.unshift(atMs);
  return due;
}

const UNITS_MS = { W: 7 * DAY_MS, D: DAY_MS, H: HOUR_MS, M: 60_000, S: 1_000 } as const;

/** Reads an ISO 8601 offset such as `-PT1H` or `-P1DT12H`; `undefined` for anything else. */
export function offsetMs(text: string): number | undefined {
  const [whole, sign, ...parts] =
    /^([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  if (whole === undefined || parts.every((part) => part === undefined)) return undefined;
  const [weeks, days, hours, minutes, seconds] = parts.map((part: string | undefined) => Number(part ?? 0));
  const sum =
    (weeks ?? 0) * UNITS_MS.W +
    (days ?? 0) * UNITS_MS.D +
    (hours ?? 0) * UNITS_MS.H +
    (minutes ?? 0) * UNITS_MS.M +
    (seconds ?? 0) * UNITS_MS.S;
  return sign === '-' ? -sum : sum;
}

/** Both or none, readable, and in their order. */
export function assertOffsets(start: string | undefined, end: string | undefined): void {
  if ((start === undefined) !== (end === undefined))
    throw validationException('StartTimeOffset and EndTimeOffset must be specified together.');
  if (start === undefined || end === undefined) return;
  const [startMs, endMs] = [start, end].map(offsetMs);
  if (startMs === undefined || endMs === undefined)
    throw validationException(`The offsets ${start} and ${end} must be durations of ISO 8601, such as -PT1H.`);
  if (startMs >= endMs) throw validationException(`The offset ${start} must be before the offset ${end}.`);
}

/** Of a schedule: both are needed to run once, and the time between is a day at most. */
export function assertAnalysisTimes(
  timing: Timing,
  { start, end }: { readonly start: string | undefined; readonly end: string | undefined }
): void {
  if (timing.kind === 'now' && (start === undefined || end === undefined))
    throw validationException(
      'DataAnalysisStartTime and DataAnalysisEndTime must be specified when ScheduleExpression is NOW.'
    );
  if ((start === undefined) !== (end === undefined))
    throw validationException('DataAnalysisStartTime and DataAnalysisEndTime must be specified together.');
  assertOffsets(start, end);
  if ((offsetMs(end ?? '') ?? 0) - (offsetMs(start ?? '') ?? 0) > DAY_MS)
    throw validationException('DataAnalysisEndTime must not follow DataAnalysisStartTime by more than 24 hours.');
}

/** The window of one execution: as the offsets say, or from the due time before it. */
export function windowOf(of: {
  readonly timing: Timing;
  readonly scheduledMs: number;
  readonly createdMs: number;
  readonly offsets: { readonly start: string | undefined; readonly end: string | undefined };
}): { readonly startMs: number; readonly endMs: number } {
  const { timing, scheduledMs, createdMs, offsets } = of;
  const [startMs, endMs] = [offsets.start, offsets.end].map((text) =>
    text === undefined ? undefined : offsetMs(text)
  );
  if (startMs !== undefined && endMs !== undefined)
    return { startMs: scheduledMs + startMs, endMs: scheduledMs + endMs };
  const before = timing.kind === 'now' ? HOUR_MS : timing.everyHours * HOUR_MS;
  const dueMs = timing.kind === 'now' ? scheduledMs : dueAtOrBefore(timing, { atMs: scheduledMs, createdMs });
  return { startMs: dueMs - before, endMs: dueMs };
}
