import { afterEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { createClock } from '../../../sandbox/engine/clock';
import { lockDataDir } from '../../../sandbox/engine/data-dir';
import { randomStream } from '../../../sandbox/engine/random';
import { openStore } from '../../../sandbox/engine/store';

const dirs: string[] = [];
function tempDir(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-engine-'));
  dirs.push(dir);
  return dir;
}
afterEach(() => dirs.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));

describe('the clock', () => {
  test('advancing moves timestamps and ends waits in the order in which they are due', async () => {
    const clock = createClock({ speed: 1e-6 });
    const order: string[] = [];
    const waits = [
      clock.wait(2_000).then(() => order.push('second')),
      clock.wait(1_000).then(() => order.push('first')),
    ];
    const before = clock.now();
    clock.advance(5_000);
    await Promise.all(waits);
    expect(order).toEqual(['first', 'second']);
    expect(clock.now() - before).toBeGreaterThanOrEqual(5_000);
    clock.close();
  });

  test('a wait keeps what it has waited when the speed changes', async () => {
    const clock = createClock({ speed: 1e-6 });
    const wait = clock.wait(10_000);
    clock.advance(9_000);
    clock.setSpeed(1_000_000);
    await wait;
    clock.close();
  });

  test('the speed does not scale timestamps, and setting the clock back ends no wait', async () => {
    const clock = createClock({ speed: 1_000_000 });
    await clock.wait(60_000);
    const [before, shown, after] = [Date.now(), clock.now(), Date.now()];
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(shown).toBeLessThanOrEqual(after);
    clock.setSpeed(1e-6);
    let isDone = false;
    const wait = clock.wait(1_000).then(
      () => (isDone = true),
      () => undefined
    );
    clock.set(Date.now() - 3_600_000);
    expect(Date.now() - clock.now()).toBeGreaterThan(3_599_000);
    clock.close();
    await wait;
    expect(isDone).toBe(false);
  });

  test('waits end when their signal or the clock does, and a clock takes no impossible speed', async () => {
    const clock = createClock({ speed: 1e-6 });
    const abort = new AbortController();
    const aborted = clock.wait(1_000, abort.signal);
    const closed = clock.wait(1_000);
    abort.abort();
    await expect(aborted).rejects.toThrow('the wait was aborted');
    clock.close();
    await expect(closed).rejects.toThrow('the wait was aborted');
    await expect(clock.wait(0)).rejects.toThrow('the wait was aborted');
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => createClock({ speed })).toThrow(RangeError);
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });
});

describe('the store', () => {
  test('gives back after a kill exactly what was put, whatever line the kill tore', () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c', '__proto__'),
      value: fc.option(fc.jsonValue(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.nat({ max: 40 }), (changes, tornBytes) => {
        const dir = tempDir();
        const first = openStore(dir);
        const expected = new Map<string, unknown>();
        for (const { key, value } of changes) {
          if (value === undefined) {
            first.remove('t', key);
            expected.delete(key);
          } else {
            first.put('t', key, value);
            expected.set(key, JSON.parse(JSON.stringify(value)));
          }
        }
        first.close();
        appendFileSync(
          path.join(dir, 'log.jsonl'),
          '{"n":999,"t":"t","k":"torn","v":"never acknowledged"}'.slice(0, tornBytes)
        );
        const second = openStore(dir);
        expect(new Map(second.entries('t').map(([key, value]) => [key, JSON.parse(JSON.stringify(value))]))).toEqual(
          expected
        );
        // What is written after the torn line is as safe as before it.
        second.put('t', 'after', 1);
        second.close();
        const third = openStore(dir);
        expect(third.get('t', 'after')).toBe(1);
        third.close();
      }),
      { numRuns: 60 }
    );
  });

  test('folds a long log into a snapshot, and a kill between the two loses and doubles nothing', () => {
    const dir = tempDir();
    const store = openStore(dir);
    for (let index = 0; index < 1_999; index += 1) store.put('t', `k${index % 7}`, index);
    const log = readFileSync(path.join(dir, 'log.jsonl'), 'utf8');
    store.put('t', 'last', true);
    store.close();
    expect(readFileSync(path.join(dir, 'log.jsonl'), 'utf8')).toBe('');
    // As if the kill had come after the snapshot and before the log was cut.
    writeFileSync(path.join(dir, 'log.jsonl'), log);
    const again = openStore(dir);
    expect(again.get('t', 'last')).toBe(true);
    expect(again.get('t', 'k0')).toBe(1_995);
    expect(again.entries('t')).toHaveLength(8);
    again.close();
  });
});

describe('the rest of the engine', () => {
  test('a random stream is uniform, repeats for its seed and purpose, and differs for any other', () => {
    const draw = (seed: number, purpose: string) => Array.from({ length: 5 }, randomStream(seed, purpose));
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    const next = randomStream(3, 'uniform');
    const bins = new Array<number>(10).fill(0);
    for (let index = 0; index < 100_000; index += 1) {
      const bin = Math.floor(next() * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Chi-squared with 9 degrees of freedom: 33.7 is its 0.9999 quantile.
    expect(bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(33.7);
  });

  test('a data directory has one holder, and the lock of a dead one is taken over', () => {
    const dir = tempDir();
    const unlock = lockDataDir(dir);
    expect(() => lockDataDir(dir)).toThrow(/in use by another sandbox in this process/);
    unlock();
    // Above the largest process id that Linux gives out.
    writeFileSync(path.join(dir, 'sandbox.pid'), '4194999');
    lockDataDir(dir)();
    writeFileSync(path.join(dir, 'sandbox.pid'), String(process.ppid));
    expect(() => lockDataDir(dir)).toThrow(`process id ${process.ppid}`);
  });
});
