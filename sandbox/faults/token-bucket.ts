/** Lets `ratePerSecond` calls pass on average and `burst` at once, in real time, as AWS's request limits do. */
export class TokenBucket {
  #tokens: number;
  #atMs = performance.now();

  constructor(
    private readonly ratePerSecond: number,
    private readonly burst: number
  ) {
    this.#tokens = burst;
  }

  /** Takes a token; `false` when there is none. */
  take(): boolean {
    const nowMs = performance.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.ratePerSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
