import type { VerdictKind } from '../../guards';

/** One look at one window: what it found, and how much of the window was labelled by then. */
export interface WindowLook {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lookedMs: number;
  readonly verdict: VerdictKind;
  /** Metric by name. */
  readonly values: Readonly<Record<string, number>>;
  readonly labelled: number;
  readonly predictions: number;
}

/** What late labels changed about a window that had been reported. */
export interface Correction {
  readonly fromMs: number;
  readonly toMs: number;
  /** 1 for the first. */
  readonly revision: number;
  readonly verdict: { readonly before: VerdictKind; readonly after: VerdictKind };
  readonly labelled: { readonly before: number; readonly after: number };
  readonly changed: readonly {
    readonly metric: string;
    readonly before: number | null;
    readonly after: number | null;
  }[];
}

interface BookedWindow {
  readonly last: WindowLook;
  readonly revision: number;
  /** Whether it has been counted by what counts each window once: an e-process, a false-alarm budget. */
  readonly entered: boolean;
  /** When it is to be looked at again; null: never. */
  readonly againMs: number | null;
}

/** The windows whose labels may still come. Plain JSON; carried by the workflow, at most `WINDOWS` long. */
export interface WindowBook {
  readonly version: 1;
  /** Age at which a window's labels are taken to be there: it is counted then, once. */
  readonly maturityMs: number;
  /** Ascending by end. */
  readonly windows: readonly BookedWindow[];
}

/** A window is looked at again at these multiples of the maturity after its end, and then left. */
const LOOKS = [0.25, 0.5, 1, 2, 4] as const;
const WINDOWS = 500;

export function startBook(maturityMs: number): WindowBook {
  if (!(maturityMs > 0)) throw new RangeError('maturity must be positive');
  return { version: 1, maturityMs, windows: [] };
}

/** Windows that are to be looked at again by now, the oldest first. */
export function dueWindows(
  { windows }: WindowBook,
  nowMs: number
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  return windows
    .filter(({ againMs }) => againMs !== null && againMs <= nowMs)
    .map(({ last: { fromMs, toMs } }) => ({ fromMs, toMs }));
}

/**
 * Books a look. `enters`: this look, and no other look at the window, is to be counted by e-processes and budgets; true for the first at or
 * after the maturity. `correction`: what differs from the last look; null for the first, and when nothing differs.
 */
export function bookWindow(
  book: WindowBook,
  look: WindowLook
): { readonly book: WindowBook; readonly enters: boolean; readonly correction: Correction | null } {
  const before = book.windows.find(({ last }) => last.toMs === look.toMs && last.fromMs === look.fromMs);
  const enters = before?.entered !== true && look.lookedMs >= look.toMs + book.maturityMs;
  const correction = before === undefined ? null : differenceOf(before, look);
  const booked: BookedWindow = {
    last: look,
    revision: (before?.revision ?? 0) + (correction === null ? 0 : 1),
    entered: enters || before?.entered === true,
    againMs: againOf(book, look),
  };
  const others = book.windows.filter((one) => one !== before);
  // Entered and never to be looked at again: nothing more can come of it.
  const kept = [...others, booked]
    .filter(({ againMs, entered }) => againMs !== null || !entered)
    .sort((a, b) => a.last.toMs - b.last.toMs || a.last.fromMs - b.last.fromMs)
    .slice(-WINDOWS);
  return { book: { ...book, windows: kept }, enters, correction };
}

function againOf({ maturityMs }: WindowBook, { toMs, lookedMs }: WindowLook): number | null {
  return LOOKS.map((share) => toMs + share * maturityMs).find((atMs) => atMs > lookedMs) ?? null;
}

function differenceOf({ last, revision }: BookedWindow, look: WindowLook): Correction | null {
  const names = [...new Set([...Object.keys(last.values), ...Object.keys(look.values)])];
  const changed = names
    .map((metric) => ({ metric, before: last.values[metric] ?? null, after: look.values[metric] ?? null }))
    .filter(({ before, after }) => before !== after);
  if (changed.length === 0 && last.verdict === look.verdict && last.labelled === look.labelled) return null;
  return {
    fromMs: look.fromMs,
    toMs: look.toMs,
    revision: revision + 1,
    verdict: { before: last.verdict, after: look.verdict },
    labelled: { before: last.labelled, after: look.labelled },
    changed,
  };
}
