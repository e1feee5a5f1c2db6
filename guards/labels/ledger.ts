import type { ArmCounts, TickEvidence } from '../types';
import type { Coverage, CoverageEvidence } from '../traffic/coverage';

export type Arm = 'candidate' | 'incumbent';

/** Predictions of one window, and the labels that came in time. */
interface Cohort {
  /** End of the window in which the predictions were made. */
  readonly endMs: number;
  readonly predicted: Readonly<Record<Arm, number>>;
  readonly labelled: Readonly<Record<Arm, ArmCounts>>;
}

/**
 * Books on labels that arrive after their predictions. A cohort (the predictions of one tick) is closed once, `maturityMs` after its end, for
 * both arms alike, so that a delay that differs by arm cannot bias the comparison. What comes later is counted as dropped and never
 * judged; a prediction without a label is pending or missing, never wrong. Plain JSON; its length is that of the maturity in ticks.
 */
export interface LabelLedger {
  readonly version: 1;
  readonly tickMs: number;
  readonly maturityMs: number;
  /** Ascending by end. */
  readonly open: readonly Cohort[];
  /** Cohorts that end here or earlier are closed. */
  readonly closedThroughMs: number;
  readonly droppedLate: Readonly<Record<Arm, number>>;
}

/** Throws `RangeError` for durations that are not positive. */
export function startLedger(p: { readonly tickMs: number; readonly maturityMs: number }): LabelLedger {
  if (!(p.tickMs > 0 && p.maturityMs > 0)) throw new RangeError('tick and maturity must be positive');
  return { version: 1, ...p, open: [], closedThroughMs: 0, droppedLate: { candidate: 0, incumbent: 0 } };
}

/** Books predictions made at `atMs`. Those of a closed cohort change nothing: it was judged without them. */
export function bookPredictions(
  ledger: LabelLedger,
  { atMs, arm, n }: { readonly atMs: number; readonly arm: Arm; readonly n: number }
): LabelLedger {
  return onCohort(ledger, atMs, (cohort) => ({
    ...cohort,
    predicted: { ...cohort.predicted, [arm]: cohort.predicted[arm] + n },
  }));
}

/** Books `n` labels, of which `bad` showed a wrong prediction, for predictions made at `predictedAtMs`. */
export function bookLabels(
  ledger: LabelLedger,
  label: {
    readonly predictedAtMs: number;
    readonly arrivedAtMs: number;
    readonly arm: Arm;
    readonly n: number;
    readonly bad: number;
  }
): LabelLedger {
  const { arm, n, bad } = label;
  const endMs = cohortEnd(ledger, label.predictedAtMs);
  // Lateness is a matter of the label's own time, not of when anybody looked.
  if (label.arrivedAtMs > endMs + ledger.maturityMs || endMs <= ledger.closedThroughMs) {
    return { ...ledger, droppedLate: { ...ledger.droppedLate, [arm]: ledger.droppedLate[arm] + n } };
  }
  return onCohort(ledger, label.predictedAtMs, (cohort) => {
    const before = cohort.labelled[arm];
    return { ...cohort, labelled: { ...cohort.labelled, [arm]: { n: before.n + n, bad: before.bad + bad } } };
  });
}

/** A closed cohort as two guards see it: its outcomes, and whether its labels are there on both arms alike. */
export interface ClosedCohort {
  readonly outcomes: TickEvidence;
  /** Null when nobody booked the predictions. */
  readonly coverage: CoverageEvidence | null;
}

/** Closes every cohort that is mature at `nowMs`, oldest first, each exactly once. */
export function closeCohorts(
  ledger: LabelLedger,
  nowMs: number
): { readonly ledger: LabelLedger; readonly closed: readonly ClosedCohort[] } {
  const matureMs = nowMs - ledger.maturityMs;
  const mature = ledger.open.filter(({ endMs }) => endMs <= matureMs);
  const last = Math.floor(matureMs / ledger.tickMs) * ledger.tickMs;
  return {
    ledger: {
      ...ledger,
      open: ledger.open.filter(({ endMs }) => endMs > matureMs),
      closedThroughMs: Math.max(ledger.closedThroughMs, last),
    },
    closed: mature.map(closed),
  };
}

function closed({ endMs, predicted, labelled }: Cohort): ClosedCohort {
  const key = new Date(endMs).toISOString();
  const coverageOf = (arm: Arm): Coverage => ({ due: predicted[arm], got: labelled[arm].n });
  return {
    outcomes: { key, candidate: labelled.candidate, incumbent: labelled.incumbent },
    coverage:
      predicted.candidate + predicted.incumbent === 0
        ? null
        : {
            kind: 'coverage',
            key,
            candidate: coverageOf('candidate'),
            incumbent: coverageOf('incumbent'),
            sampling: 1,
          },
  };
}

function onCohort(ledger: LabelLedger, atMs: number, change: (cohort: Cohort) => Cohort): LabelLedger {
  const endMs = cohortEnd(ledger, atMs);
  if (endMs <= ledger.closedThroughMs) return ledger;
  const known = ledger.open.some((cohort) => cohort.endMs === endMs);
  const open = known ? ledger.open : [...ledger.open, emptyCohort(endMs)].sort((a, b) => a.endMs - b.endMs);
  return { ...ledger, open: open.map((cohort) => (cohort.endMs === endMs ? change(cohort) : cohort)) };
}

const emptyCohort = (endMs: number): Cohort => ({
  endMs,
  predicted: { candidate: 0, incumbent: 0 },
  labelled: { candidate: { n: 0, bad: 0 }, incumbent: { n: 0, bad: 0 } },
});

/** Ticks include their start and not their end. */
const cohortEnd = ({ tickMs }: LabelLedger, atMs: number): number => (Math.floor(atMs / tickMs) + 1) * tickMs;
