import { spawnSync } from 'node:child_process';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { forkSource, nextMessage } from '../support/processes';
import { type Log, silentLog } from '../../worker/log';
import { installOnce } from '../../worker/server/install';
import { withLock } from '../../worker/server/lock';
import { fakeCli, fakeIndex, temporaryFolder, wheelOf, writeExecutable } from './support/fake-binaries';

const deadPid = (): number => spawnSync('true').pid;

/** Records the steps that are logged, and lets a test wait for one. */
function listening(): { readonly log: Log; heard(message: string): Promise<void> } {
  const waiting = new Map<string, () => void>();
  return {
    log: { ...silentLog, debug: (message) => waiting.get(message)?.() },
    heard: (message) => new Promise((resolve) => waiting.set(message, resolve)),
  };
}

describe('two processes that need the same executable', () => {
  test('download it once and both get it', async () => {
    const cache = await temporaryFolder();
    const index = await fakeIndex({ wheel: wheelOf(fakeCli()), holdUntilAsked: 3 });
    const children = [1, 2, 3].map(() =>
      forkSource('test/worker/support/install-child.ts', { args: [index.url, cache] })
    );
    const answers = await Promise.all(children.map(nextMessage));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ outcome: 'binary', version: '1.9.1' });
    expect(index.downloads()).toBe(1);
    expect(await readdir(path.join(cache, 'sluice', 'bin'))).toEqual(['temporal-1.9.1-linux-x64']);
  });

  test('end with the same file even when both believe that they hold the lock', async () => {
    const target = path.join(await temporaryFolder(), 'temporal');
    const { log } = listening();
    // The lock is broken from outside in the middle of the first install, as a wrongly judged clock would.
    const second = () =>
      installOnce(target, {
        kind: 'cli',
        log,
        produce: (file) => writeExecutable(file, fakeCli()).then(() => undefined),
      });
    const first = await installOnce(target, {
      kind: 'cli',
      log,
      produce: async (file) => {
        await utimes(`${target}.lock`, 0, 0);
        await second();
        await writeExecutable(file, fakeCli());
      },
    });
    expect(first).toEqual({ path: target, version: '1.9.1' });
    expect(await readdir(path.dirname(target))).toEqual(['temporal']);
  });
});

describe('a lock', () => {
  test('makes the second taker wait until the first is done', async () => {
    const file = path.join(await temporaryFolder(), 'x.lock');
    const { log, heard } = listening();
    const order: string[] = [];
    const waits = heard('waiting for another process');
    let second: Promise<void> | undefined;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = withLock(file, {
      log,
      work: async () => {
        order.push('first');
        // Only now is the lock surely held.
        second = withLock(file, { log, work: async () => void order.push('second') });
        await held;
        order.push('released');
      },
    });
    await waits;
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'released', 'second']);
  });

  test('of a process that is gone is taken over', async () => {
    const file = path.join(await temporaryFolder(), 'x.lock');
    await writeFile(file, `some-id\n${deadPid()}\n${os.hostname()}\n`);
    await expect(withLock(file, { log: silentLog, work: async () => 'done' })).resolves.toBe('done');
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  test('that nobody touched for long is taken over, even from another machine', async () => {
    const file = path.join(await temporaryFolder(), 'x.lock');
    await writeFile(file, `some-id\n${process.pid}\nanother-machine\n`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    await expect(withLock(file, { log: silentLog, work: async () => 'done' })).resolves.toBe('done');
  });

  test('is given back when the work fails', async () => {
    const file = path.join(await temporaryFolder(), 'x.lock');
    const work = async (): Promise<never> => Promise.reject(new Error('no disk'));
    await expect(withLock(file, { log: silentLog, work })).rejects.toThrow('no disk');
    expect(await readdir(path.dirname(file))).toEqual([]);
  });
});

describe('an install that was cut off', () => {
  test('leaves no executable under the final name', async () => {
    const target = path.join(await temporaryFolder(), 'temporal');
    const produce = async (file: string): Promise<void> => {
      await writeFile(file, 'half');
      throw new Error('power cut');
    };
    await expect(installOnce(target, { kind: 'cli', log: silentLog, produce })).rejects.toThrow('power cut');
    expect(await readdir(path.dirname(target))).toEqual([]);
  });

  test('by SIGKILL is swept up later, while the partial file of a living process stays', async () => {
    const folder = await temporaryFolder();
    const [abandoned, fresh] = [path.join(folder, '.partial-old'), path.join(folder, '.partial-new')];
    await Promise.all([mkdir(abandoned), mkdir(fresh)]);
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(abandoned, longAgo, longAgo);
    const produce = (file: string): Promise<void> => writeExecutable(file, fakeCli()).then(() => undefined);
    const target = path.join(folder, 'temporal');
    await installOnce(target, { kind: 'cli', log: silentLog, produce });
    expect((await readdir(folder)).sort()).toEqual(['.partial-new', 'temporal']);
    expect((await stat(target)).mode & 0o111).not.toBe(0);
  });
});
