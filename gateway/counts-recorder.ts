import type { CountsDocument } from './counts-format';
import { CountsWindow, type CallOutcome, type RouteOutcome } from './counts-window';
import type { MirrorCounts } from './routing-counts';

/** Counts calls in windows aligned to the clock and hands out each window once, when it is over. */
export class CountsRecorder {
  private readonly open = new Map<number, CountsWindow>();
  /** End of what was handed out. Windows before it are closed for good, so a clock that jumps back loses and doubles nothing. */
  private closedUntilMs: number;

  constructor(
    private readonly identity: { readonly gateway: string; readonly endpoint: string },
    private readonly windowMs: number,
    startMs: number
  ) {
    this.closedUntilMs = this.floor(startMs);
  }

  /** A call that is evidence. */
  record(call: CallOutcome): void {
    this.windowAt(call.atMs).record(call);
  }

  /** How a call found its variant, evidence or not. */
  recordRoute(route: RouteOutcome, atMs: number): void {
    this.windowAt(atMs).recordRoute(route);
  }

  recordMirror(what: keyof MirrorCounts, atMs: number): void {
    this.windowAt(atMs).recordMirror(what);
  }

  /** Documents of all windows that are over, in order. */
  takeEnded(nowMs: number): readonly CountsDocument[] {
    return this.takeUntil(this.floor(nowMs), false);
  }

  /** The same and the running window, after which nothing may be recorded. */
  takeAll(nowMs: number): readonly CountsDocument[] {
    const last = Math.max(this.floor(nowMs), this.closedUntilMs, ...this.open.keys());
    return this.takeUntil(last + this.windowMs, true);
  }

  private takeUntil(untilMs: number, final: boolean): readonly CountsDocument[] {
    const documents: CountsDocument[] = [];
    const starts = [...this.open.keys()].filter((start) => start < untilMs).sort((a, b) => a - b);
    for (const start of starts) {
      if (start > this.closedUntilMs) documents.push(this.close(this.closedUntilMs, start, false));
      const end = start + this.windowMs;
      documents.push(this.close(start, end, final && end === untilMs));
    }
    if (untilMs > this.closedUntilMs) documents.push(this.close(this.closedUntilMs, untilMs, final));
    return documents;
  }

  private close(startMs: number, endMs: number, final: boolean): CountsDocument {
    const window = this.open.get(startMs) ?? new CountsWindow();
    this.open.delete(startMs);
    this.closedUntilMs = endMs;
    return {
      version: 2,
      ...this.identity,
      windowStart: new Date(startMs).toISOString(),
      windowEnd: new Date(endMs).toISOString(),
      final,
      ...window.counts(),
    };
  }

  private windowAt(atMs: number): CountsWindow {
    const start = Math.max(this.floor(atMs), this.closedUntilMs);
    const present = this.open.get(start);
    if (present !== undefined) return present;
    const made = new CountsWindow();
    this.open.set(start, made);
    return made;
  }

  private floor(atMs: number): number {
    return Math.floor(atMs / this.windowMs) * this.windowMs;
  }
}
