import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SEED } from './settings';
import { armsOf, drawTable } from './world';
import type { World } from './world';

const run = promisify(execFile);

export interface MabwiserRun {
  readonly policy: string;
  readonly regrets: readonly number[];
}

const POLICIES = ['Thompson', 'UCB1', 'ε-greedy 0.1'] as const;
const BATCH = 3000;

/**
 * A Python that has MABWiser: the one in `SLUICE_BENCH_PYTHON`, or a virtual environment below `.sluice/` that is made here
 * once from PyPI. A string that is no path says why there is none.
 */
export async function findPython(): Promise<{ readonly python: string } | { readonly why: string }> {
  const named = process.env['SLUICE_BENCH_PYTHON'];
  const folder = path.resolve('.sluice', 'bench-mabwiser');
  const python = named ?? path.join(folder, 'bin', 'python');
  if (await hasMabwiser(python)) return { python };
  if (named !== undefined) return { why: `${named} has no mabwiser` };
  try {
    await mkdir(path.dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', folder], { timeout: 60_000 });
    // Some 300 MB of scientific Python; ten minutes is a slow line.
    await run(python, ['-m', 'pip', 'install', '-q', 'mabwiser==2.7.4'], { timeout: 600_000 });
    return (await hasMabwiser(python)) ? { python } : { why: 'mabwiser was installed but cannot be imported' };
  } catch (error) {
    return { why: error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : String(error) };
  }
}

async function hasMabwiser(python: string): Promise<boolean> {
  return run(python, ['-c', 'import mabwiser.mab'], { timeout: 60_000 }).then(
    () => true,
    () => false
  );
}

/** Lets the library play the first `runs` tables of the benchmark. */
export async function playMabwiser(p: {
  readonly python: string;
  readonly script: string;
  readonly world: World;
  readonly runs: number;
}): Promise<readonly MabwiserRun[]> {
  const { python, script, world, runs } = p;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-bandits-'));
  try {
    const files: string[] = [];
    for (let i = 0; i < runs; i++) {
      const file = path.join(folder, `${i}.bin`);
      await writeFile(file, drawTable(world, SEED, i).success);
      files.push(file);
    }
    const played: MabwiserRun[] = [];
    for (const policy of POLICIES) {
      const args = [
        script,
        files.join(','),
        String(armsOf(world)),
        String(world.requests),
        String(BATCH),
        policy,
        String(SEED),
      ];
      const job = run(python, args, { timeout: 1_800_000 });
      job.child.stdin?.end(JSON.stringify(world.phases[0]));
      const { stdout } = await job;
      played.push({ policy, regrets: numbersOf(JSON.parse(stdout)) });
    }
    return played;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function numbersOf(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  throw new TypeError('play-mabwiser.py printed something else than a list of numbers');
}
