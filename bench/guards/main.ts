import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openPool } from './pool';
import { cost } from './sections/cost';
import { delayed } from './sections/delayed';
import { detection } from './sections/detection';
import { fleet } from './sections/fleet';
import { late } from './sections/late';
import { latency } from './sections/latency';
import { rollouts } from './sections/rollouts';
import type { Section } from './sections/section';
import { stress } from './sections/stress';
import { targets } from './targets';
import type { LevelData } from './targets';

const sections: readonly Section[] = [
  detection(1),
  detection(10),
  detection(100),
  stress,
  late,
  rollouts,
  delayed,
  latency,
  fleet,
  cost,
];

const usage = `npm run bench:guards -- [--quick | --divide N] [--only ${sections.map(({ name }) => name).join(',')}] [--workers N]`;

/** What `--quick` divides by. */
const QUICK = 20;

interface Options {
  /** Every number of runs is divided by this: 1 for the full mode, 20 for the quick one. */
  readonly divide: number;
  readonly only: readonly string[] | null;
  readonly workers: number;
}

function optionsOf(args: readonly string[]): Options {
  const value = (flag: string): string | null => {
    const at = args.indexOf(flag);
    return at < 0 ? null : (args[at + 1] ?? '');
  };
  const only = value('--only')?.split(',') ?? null;
  const workers = Number(value('--workers') ?? Math.min(2, os.availableParallelism()));
  const divide = args.includes('--quick') ? QUICK : Number(value('--divide') ?? 1);
  const unknown = (only ?? []).filter((name) => !sections.some((section) => section.name === name));
  const numbers = Number.isInteger(workers) && workers >= 0 && divide >= 1;
  if (unknown.length > 0 || !numbers) throw new RangeError(usage);
  return { divide, only, workers };
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  const runs = (full: number) => Math.round(full / options.divide);
  const machine = { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.availableParallelism(), node: process.version };
  const started = Date.now();
  console.log(
    `Simulated traffic, nothing measured on a cluster. Windows of 180 one-minute ticks, a look every tick, α = 1 %, canary 5 %, base rate 1 % ` +
      `unless a table says otherwise.\n${options.divide > 1 ? `Runs divided by ${options.divide}. ` : ''}Exposed: mean candidate requests served until the ` +
      `rollback, or in the whole window. Limit: the sequential test that knows both rates, threshold solved for exactly α.\nCalibrated: the one ` +
      `threshold that gives α on null traffic of the very same kind. Peer: the least exposure among calibrated rules.\n` +
      `${options.workers} workers on ${machine.cores} × ${machine.cpu}, Node ${machine.node}. Every run is seeded: the same numbers come again.`
  );
  const pool = openPool(options.workers);
  const results: { name: string; about: string; seconds: number; data: unknown }[] = [];
  try {
    for (const section of sections.filter(({ name }) => options.only?.includes(name) ?? true)) {
      const from = Date.now();
      const { text, data } = await section.play({ pool, runs });
      const seconds = Math.round((Date.now() - from) / 100) / 10;
      results.push({ name: section.name, about: section.about, seconds, data });
      console.log(`\n### ${section.about}\n${text}\n[${section.name}: ${seconds} s]`);
    }
  } finally {
    await pool.close();
  }
  const levels = results.filter(({ name }) => /^d\d+$/.test(name)).map(({ data }) => data as LevelData);
  if (levels.length > 0) console.log(`\n### targets\n${targets(levels)}`);
  const folder = path.resolve('bench', 'results', options.divide > 1 ? 'guards-quick' : 'guards');
  await mkdir(folder, { recursive: true });
  for (const result of results) {
    const content = { what: 'guards', divide: options.divide, machine, workers: options.workers, ...result };
    await writeFile(path.join(folder, `${result.name}.json`), `${JSON.stringify(content, null, 1)}\n`);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`\n${seconds} s in all; results in ${path.relative('.', folder)}/`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
