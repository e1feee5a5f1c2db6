import type { Rule } from './rules';
import { HOURS, ONSET_HOUR, streamOf } from './world';
import type { Shift, Stream } from './world';

/** How a rule fared over streams of one kind. */
export interface Played {
  readonly rule: string;
  readonly shift: string | null;
  readonly streams: number;
  /** Streams with an alarm before anything had changed; over the whole stream where nothing ever does. */
  readonly falseAlarms: number;
  /** Streams found after the onset, among those without a false alarm. */
  readonly found: number;
  /** Minutes from the onset to the end of the window that alarmed, of those that were found. */
  readonly medianDelayMinutes: number | null;
}

/** Minutes until the first alarm, the end of its window; null when there is none in 24 hours. */
function firstAlarm(rule: Rule, stream: Stream): number | null {
  const watch = rule.watch(stream.baseline);
  for (let minute = 0, index = 0; minute < HOURS * 60; minute += rule.windowMinutes, index++)
    if (watch(stream.next(minute, rule.windowMinutes), index)) return minute + rule.windowMinutes;
  return null;
}

/** Every rule meets the same streams. */
export function playAll(
  rules: readonly Rule[],
  of: { readonly shift: Shift | null; readonly streams: number; readonly seed: number }
): readonly Played[] {
  const { shift, streams, seed } = of;
  const onset = shift === null ? HOURS * 60 : ONSET_HOUR * 60;
  const counted = rules.map((rule) => ({ rule, falseAlarms: 0, delays: [] as number[] }));
  for (let i = 0; i < streams; i++) {
    const stream = streamOf(seed + i, shift);
    for (const one of counted) {
      const at = firstAlarm(one.rule, stream);
      if (at === null) continue;
      if (at <= onset) one.falseAlarms++;
      else one.delays.push(at - onset);
    }
  }
  return counted.map(({ rule, falseAlarms, delays }) => {
    const sorted = delays.toSorted((a, b) => a - b);
    const medianDelayMinutes = sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
    return {
      rule: rule.name,
      shift: shift?.name ?? null,
      streams,
      falseAlarms,
      found: delays.length,
      medianDelayMinutes,
    };
  });
}
