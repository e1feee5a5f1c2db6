import type { SandboxClock } from '../ports';

/** The sandbox's clock with the handles that tests and the control API turn. */
export interface SettableClock extends SandboxClock {
  readonly speed: number;
  /** Provider time since the clock was made, in milliseconds. */
  elapsedMs(): number;
  /** Changes how fast provider time passes from now on; waits under way keep what they have waited. */
  setSpeed(speed: number): void;
  /** Moves the clock forward: timestamps jump and every wait comes `ms` nearer to its end. */
  advance(ms: number): void;
  /** Sets the timestamp of now. Moving forward is `advance`; moving back changes timestamps only. */
  set(epochMs: number): void;
  /** Rejects all waits; nothing can wait afterwards. */
  close(): void;
}

/** The longest that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Real time for a provider delay: scaled by the speed, not below a floor, and such that a timer can hold it. */
export function realDelayMs(delay: {
  readonly providerMs: number;
  readonly speed: number;
  readonly floorMs: number;
}): number {
  return Math.min(Math.max(Math.ceil(delay.providerMs / delay.speed), delay.floorMs), LONGEST_TIMER_MS);
}

interface Wait {
  readonly dueMs: number;
  readonly done: () => void;
  readonly fail: (reason: Error) => void;
}

/** Thrown by a wait that was ended from outside. */
export class WaitAborted extends Error {
  constructor() {
    super('the wait was aborted');
    this.name = 'WaitAborted';
  }
}

/** A clock whose timestamps are real time plus an offset, and whose provider time runs `speed` times as fast as real time. */
export function createClock(options: { readonly speed: number }): SettableClock {
  assertSpeed(options.speed);
  let speed = options.speed;
  let offsetMs = 0;
  let providerBaseMs = 0;
  let realBaseMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const waits = new Set<Wait>();

  const providerNow = (): number => providerBaseMs + (performance.now() - realBaseMs) * speed;

  function rebase(extraMs: number): void {
    providerBaseMs = providerNow() + extraMs;
    realBaseMs = performance.now();
  }

  function settleDue(): void {
    const nowMs = providerNow();
    for (const wait of [...waits].filter((w) => w.dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs)) {
      waits.delete(wait);
      wait.done();
    }
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waits.size === 0) return;
    const nextMs = Math.min(...[...waits].map((w) => w.dueMs));
    // A longer wait than a timer can hold is armed again when this one ends.
    timer = setTimeout(settleDue, realDelayMs({ providerMs: Math.max(0, nextMs - providerNow()), speed, floorMs: 0 }));
  }

  return {
    get speed() {
      return speed;
    },
    elapsedMs: providerNow,
    now: () => Date.now() + offsetMs,
    wait: (providerMs, signal) =>
      new Promise((resolve, reject) => {
        if (isClosed || signal?.aborted) return reject(new WaitAborted());
        const finish = (act: () => void) => () => {
          signal?.removeEventListener('abort', onAbort);
          act();
        };
        const wait: Wait = {
          dueMs: providerNow() + Math.max(0, providerMs),
          done: finish(resolve),
          fail: finish(() => reject(new WaitAborted())),
        };
        const onAbort = () => {
          waits.delete(wait);
          wait.fail(new WaitAborted());
          arm();
        };
        signal?.addEventListener('abort', onAbort);
        waits.add(wait);
        arm();
      }),
    setSpeed: (next) => {
      assertSpeed(next);
      rebase(0);
      speed = next;
      arm();
    },
    advance: (ms) => {
      if (!(ms >= 0) || !Number.isFinite(ms))
        throw new RangeError('a clock is advanced by a finite number of milliseconds, 0 or more');
      offsetMs += ms;
      rebase(ms);
      settleDue();
    },
    set(epochMs) {
      const deltaMs = epochMs - this.now();
      if (!Number.isFinite(deltaMs)) throw new RangeError('a clock is set to a finite epoch time in milliseconds');
      if (deltaMs >= 0) this.advance(deltaMs);
      else offsetMs += deltaMs;
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      for (const wait of [...waits]) wait.fail(new WaitAborted());
      waits.clear();
    },
  };
}

function assertSpeed(speed: number): void {
  if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError('the speed of a clock is a finite number above 0');
}
