/** Asks until the answer will do; throws after four minutes, before the test's own time is over, so that none asks on behind the others' backs. */
export async function until<T>(ask: () => T | Promise<T>, isEnough: (value: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 240_000;
  for (;;) {
    const value = await ask();
    if (isEnough(value)) return value;
    if (Date.now() > deadlineMs) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
