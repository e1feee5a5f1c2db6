/** One run of a schedule, or a nominal time at which it should have run. */
export interface ScheduledRun {
  readonly id: string;
  readonly nominalMs: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly status: 'running' | 'done' | 'failed' | 'stopped';
}

/** Something that is not as the schedule says. */
export interface ScheduleViolation {
  readonly kind: 'missing' | 'startedLate' | 'notDoneInTime' | 'failed';
  readonly nominalMs: number;
  /** How late, in milliseconds; null where that says nothing. */
  readonly lateMs: number | null;
}

export interface Punctuality {
  /** Nominal times at which something was due, as the schedule itself says. */
  readonly expectedMs: readonly number[];
  readonly runs: readonly ScheduledRun[];
  readonly nowMs: number;
  /** A run has to be done so long after its nominal time. */
  readonly withinMs: number;
  /** A start may be so late without anybody asking why; the jitter comes on top. */
  readonly graceMs: number;
  readonly jitterMs: number;
}

/** Runs that are missing, began or ended too late, or failed and were not made good; in the order of their nominal times. */
export function scheduleViolations(of: Punctuality): readonly ScheduleViolation[] {
  const { runs, nowMs, withinMs, jitterMs } = of;
  const slackMs = of.graceMs + jitterMs;
  const found: ScheduleViolation[] = [];
  for (const expectedMs of of.expectedMs) {
    const own = runs.filter(({ nominalMs }) => Math.abs(nominalMs - expectedMs) <= jitterMs + 999);
    const done = own.find(({ status }) => status === 'done');
    const violation = (kind: ScheduleViolation['kind'], lateMs: number | null): void =>
      void found.push({ kind, nominalMs: expectedMs, lateMs });
    if (own.length === 0) {
      if (nowMs > expectedMs + slackMs) violation('missing', nowMs - expectedMs);
      continue;
    }
    const firstMs = Math.min(...own.map(({ startedMs }) => startedMs));
    // What was backfilled long after is made good, but it was late all the same.
    if (firstMs > expectedMs + slackMs) violation('startedLate', firstMs - expectedMs);
    const isRunning = own.some(({ status }) => status === 'running');
    if (done === undefined && !isRunning) violation('failed', null);
    const endMs = done?.endedMs ?? (isRunning ? nowMs : null);
    if (endMs !== null && endMs > expectedMs + withinMs) violation('notDoneInTime', endMs - expectedMs);
  }
  return found.sort((a, b) => a.nominalMs - b.nominalMs);
}
