/**
 * Calls back after a time, and not before what has come until then is read: where this process was held up, the answer may be waiting. Of
 * thousands that are set and cleared in a second nearly all leave the one timer alone.
 */
export class Deadline {
  #dueMs = Infinity;
  #armedMs = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly act: () => void) {}

  set(ms: number): void {
    const nowMs = performance.now();
    this.#dueMs = nowMs + ms;
    if (this.#dueMs < this.#armedMs) this.#arm(nowMs);
  }

  clear(): void {
    this.#dueMs = Infinity;
  }

  /** Nothing is called back any more. */
  close(): void {
    this.clear();
    clearTimeout(this.#timer);
  }

  #arm(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#armedMs = this.#dueMs;
    this.#timer = setTimeout(() => this.#look(), Math.ceil(this.#dueMs - nowMs));
  }

  #look(): void {
    this.#armedMs = Infinity;
    if (this.#dueMs === Infinity) return;
    const nowMs = performance.now();
    if (nowMs < this.#dueMs) return this.#arm(nowMs);
    const due = this.#dueMs;
    setImmediate(() => {
      if (this.#dueMs === due) this.act();
    });
  }
}
