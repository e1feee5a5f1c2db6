import type { BatchEvent, Compared, PartState } from './types';

/** After this many failures in a row that are not the records' fault, the batch gives up. */
export const MOST_MISFORTUNES = 5;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Labels that a part tells apart; what comes after them is counted together. */
const MOST_LABELS = 200;
const OTHER_LABELS = '(other)';

export function newPart(of: { readonly part: number; readonly objects: number; readonly bytes: number }): PartState {
  return {
    ...of,
    phase: 'scan',
    attempt: 1,
    round: 0,
    records: null,
    good: 0,
    quarantined: 0,
    misfortunes: 0,
    compared: null,
    labels: {},
    lastFailure: null,
  };
}

/**
 * What an event makes of a part. Objects whose job failed are cut into smaller pieces, which are tried alone, until what is left are single
 * records that the model refuses; those are put aside.
 */
export function stepPart(
  part: PartState,
  event: BatchEvent,
  { hasChallenger }: { readonly hasChallenger: boolean }
): PartState {
  const afterwards = hasChallenger && part.compared === null ? 'challenge' : 'assemble';
  switch (event.kind) {
    case 'scanned':
      return {
        ...part,
        records: event.records,
        quarantined: event.refused,
        phase: event.pieces === 0 ? 'assemble' : 'transform',
      };
    case 'transformed':
      if (event.status === 'Stopped' || isMisfortune(event.reason))
        return { ...part, phase: 'wait', misfortunes: part.misfortunes + 1, lastFailure: event.reason };
      return { ...part, phase: 'check', misfortunes: 0, lastFailure: event.reason };
    case 'waited':
      return { ...part, phase: 'transform', attempt: part.attempt + 1 };
    case 'checked': {
      const labels = addCounts(part.labels, event.labels);
      const good = part.good + event.good;
      return { ...part, good, labels, phase: event.bad === 0 ? (good === 0 ? 'assemble' : afterwards) : 'carve' };
    }
    case 'carved': {
      // What was put aside is written down by round, so the round counts also when nothing is left to try.
      const carved = { ...part, quarantined: part.quarantined + event.quarantined, round: part.round + 1 };
      if (event.pieces === 0) return { ...carved, phase: part.good === 0 ? 'assemble' : afterwards };
      return { ...carved, phase: 'transform', attempt: part.attempt + 1 };
    }
    case 'challenged':
      return { ...part, compared: event.compared, phase: 'assemble' };
    case 'assembled':
      return { ...part, phase: 'done' };
  }
}

/** SageMaker's own trouble, which a later attempt may be spared: no machines, or an internal error. */
export function isMisfortune(reason: string | null): boolean {
  return reason !== null && /^(CapacityError|InternalServerError|InternalError|ThrottlingException)/.test(reason);
}

/** How long to wait before the next attempt, after so many misfortunes in a row. */
export function waitMs({ misfortunes }: PartState): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, misfortunes - 1));
}

/** Sums of two tables of counts, with an end to how many names they tell apart. */
export function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>
): Readonly<Record<string, number>> {
  const sums = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) {
    const key = sums.has(name) || sums.size < MOST_LABELS ? name : OTHER_LABELS;
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}

export function addCompared(a: Compared | null, b: Compared | null): Compared | null {
  if (a === null || b === null) return a ?? b;
  return {
    pairs: a.pairs + b.pairs,
    different: a.different + b.different,
    refused: a.refused + b.refused,
    changes: addCounts(a.changes, b.changes),
  };
}
