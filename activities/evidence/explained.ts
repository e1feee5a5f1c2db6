/** Windows whose explanation is finished are kept for a look that is repeated, at most so many. */
const MOST_FINISHED = 32;
/** A window that nobody has looked at for so long belongs to a rollout that went on elsewhere, or ended. */
const FORGOTTEN_MS = 3_600_000;

interface Window {
  readonly rows: (readonly number[])[];
  isFinished: boolean;
  touchedMs: number;
}

/**
 * What a worker has explained so far, row by row, by a name of what is explained: a look that was cut short goes on there. Another worker explains
 * it anew, with the same result, so what is forgotten costs calls and nothing else.
 */
export class ExplainedWindows {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.#windows.size;
  }

  /** The rows that are explained, to which more may be added. */
  rowsOf(subject: string): (readonly number[])[] {
    const known = this.#windows.get(subject) ?? { rows: [], isFinished: false, touchedMs: 0 };
    known.touchedMs = this.now();
    // A map keeps the order of insertion: the one that was touched last goes to its end.
    this.#windows.delete(subject);
    this.#windows.set(subject, known);
    this.#forget();
    return known.rows;
  }

  finish(subject: string): void {
    const known = this.#windows.get(subject);
    if (known) known.isFinished = true;
    this.#forget();
  }

  #forget(): void {
    const staleMs = this.now() - FORGOTTEN_MS;
    for (const [subject, { touchedMs }] of this.#windows) if (touchedMs < staleMs) this.#windows.delete(subject);
    const finished = [...this.#windows].filter(([, { isFinished }]) => isFinished);
    for (const [subject] of finished.slice(0, Math.max(0, finished.length - MOST_FINISHED)))
      this.#windows.delete(subject);
  }
}
