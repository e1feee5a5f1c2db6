import type { Check, CheckClass, Json, MonitorReport } from '../types';

/** Of a monitor's false-alarm probability, half is for the bets over all windows, half for checks of one window. */
export const HALF = 0.5;

/**
 * What the checks of the t-th window of a monitor may spend: alpha/(t(t+1)), which adds up to alpha over all windows to come, whatever depends on what.
 * Equally for the t-th of subjects of which nobody knows how many will come, such as candidates.
 * The first window may spend half. A window of its own, without a memory, is the first.
 */
export function alphaOfWindow(alpha: number, windowsBefore: number): number {
  const t = windowsBefore + 1;
  return alpha / (t * (t + 1));
}

/** Part of what a monitor carries: how many windows were counted, and the last of them. */
export interface CountedWindows {
  readonly windows: number;
  /** End of the last one, milliseconds since the epoch. */
  readonly lastMs: number;
}

/** Counts a window once, however often it is looked at. `before`: those that came earlier. */
export function countWindow(
  carried: Json | undefined,
  window: MonitorReport['window']
): { readonly before: number; readonly counted: CountedWindows } {
  const known = (carried ?? {}) as unknown as Partial<CountedWindows>;
  const [windows, lastMs] = [known.windows ?? 0, known.lastMs ?? -Infinity];
  const endMs = window?.toMs ?? 0;
  return endMs > lastMs
    ? { before: windows, counted: { windows: windows + 1, lastMs: endMs } }
    : { before: Math.max(0, windows - 1), counted: { windows, lastMs } };
}

/** Says of each check how far its verdict is from chance; what is not named is a `threshold`. */
export function classed(
  checks: readonly Check[],
  classes: Readonly<Record<string, Exclude<CheckClass, 'threshold'>>>
): readonly Check[] {
  return checks.map((check) => ({ ...check, class: check.class ?? classes[check.check] ?? 'threshold' }));
}

/** What a report says of its budget. */
export function budgetSettings(
  checks: readonly Check[],
  of: {
    readonly falseAlarm: number;
    /** Windows that were counted, this one included. */
    readonly windows: number;
    readonly alphaOfEachCheck: number;
    readonly more?: Readonly<Record<string, Json>>;
  }
): Json {
  const named = (isCovered: boolean) => [
    ...new Set(checks.filter((one) => (one.class !== 'threshold') === isCovered).map(({ check }) => check)),
  ];
  return {
    falseAlarmProbability: of.falseAlarm,
    covers: named(true),
    notCovered: named(false),
    rule: 'half for bets over all windows; half for checks of one window, of which the t-th may spend 1/(t(t+1)), shared evenly among its checks',
    windows: of.windows,
    alphaOfEachCheck: of.alphaOfEachCheck,
    ...of.more,
  };
}
