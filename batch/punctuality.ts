/** One run of a schedule, or a nominal time at which it should have run. */
export interface ScheduledRun {
  readonly id: string;
  readonly nominalMs: number;
  /** When Temporal started it; that needs no worker. */
  readonly startedMs: number;
  /** When a worker took it up; null: none has yet. */
  readonly begunMs: number | null;
  readonly endedMs: number | null;
  readonly status: 'running' | 'done' | 'failed' | 'stopped';
  /** What a batch published; null: nothing, or it is no batch. */
  readonly published: { readonly model: string; readonly records: number; readonly quarantined: number } | null;
}

/** Something that is not as the schedule says; `skipped`: never run, because another run was going. */
export interface ScheduleViolation {
  readonly kind: 'missing' | 'skipped' | 'startedLate' | 'notDoneInTime' | 'failed';
  readonly nominalMs: number;
  /** When it began, or ended; null where it has not. */
  readonly actualMs: number | null;
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
  /** A run has to begin so long after its nominal time; the jitter comes on top. */
  readonly startWithinMs: number;
  readonly jitterMs: number;
  /** Whether a run that is due while another is going may be left out. */
  readonly skipsOverlaps: boolean;
}

/** Runs that are missing, began or ended too late, or failed and were not made good; in the order of their nominal times. */
export function scheduleViolations(of: Punctuality): readonly ScheduleViolation[] {
  const { runs, nowMs, withinMs, jitterMs } = of;
  const slackMs = of.startWithinMs + jitterMs;
  const found: ScheduleViolation[] = [];
  for (const expectedMs of of.expectedMs) {
    const own = runs.filter(({ nominalMs }) => Math.abs(nominalMs - expectedMs) <= jitterMs + 999);
    const done = own.find(({ status }) => status === 'done');
    const violation = (one: Omit<ScheduleViolation, 'nominalMs'>): void =>
      void found.push({ ...one, nominalMs: expectedMs });
    if (own.length === 0) {
      const isInTheWay =
        of.skipsOverlaps && runs.some((run) => run.startedMs < expectedMs && expectedMs < (run.endedMs ?? Infinity));
      if (nowMs > expectedMs + slackMs)
        violation({ kind: isInTheWay ? 'skipped' : 'missing', actualMs: null, lateMs: nowMs - expectedMs });
      continue;
    }
    const begunMs = Math.min(...own.map((run) => run.begunMs ?? Infinity));
    // What was backfilled long after is made good, but it was late all the same.
    if (Math.min(begunMs, nowMs) > expectedMs + slackMs)
      violation({
        kind: 'startedLate',
        actualMs: begunMs === Infinity ? null : begunMs,
        lateMs: Math.min(begunMs, nowMs) - expectedMs,
      });
    const isRunning = own.some(({ status }) => status === 'running');
    const endedMs = done?.endedMs ?? null;
    if (done === undefined && !isRunning)
      violation({ kind: 'failed', actualMs: Math.max(...own.map((run) => run.endedMs ?? nowMs)), lateMs: null });
    const untilMs = endedMs ?? (isRunning ? nowMs : null);
    if (untilMs !== null && untilMs > expectedMs + withinMs)
      violation({ kind: 'notDoneInTime', actualMs: endedMs, lateMs: untilMs - expectedMs });
  }
  return found.sort((a, b) => a.nominalMs - b.nominalMs);
}
