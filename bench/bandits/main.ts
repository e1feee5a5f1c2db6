import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { changesTable, playChanges } from './changes';
import { findPython, playMabwiser } from './mabwiser';
import { mabwiserRows, playWorld, regretTable } from './regret';
import type { RegretResult } from './regret';
import { SEED, worlds } from './settings';
import { targetsOf, targetsTable } from './targets';
import type { RegretRow } from './summary';
import { equalsTable, playEquals, playRaces, racesTable } from './winners';
import type { World } from './world';

const usage = 'npm run bench:bandits -- [--quick]';

async function tryMabwiser(
  python: string,
  world: World
): Promise<{ readonly rows: readonly RegretRow[] } | { readonly why: string }> {
  const script = path.resolve('bench', 'bandits', 'play-mabwiser.py');
  try {
    return { rows: mabwiserRows(await playMabwiser({ python, script, world, runs: 8 })) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

async function main(args: readonly string[]): Promise<void> {
  const quick = args.includes('--quick');
  if (args.some((arg) => arg !== '--quick')) throw new RangeError(usage);
  const started = Date.now();
  const machine = { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.availableParallelism(), node: process.version };
  console.log(
    `Simulated requests, nothing measured on a cluster. 108,000 requests (3 h at 10 requests/s); "lost": expected successes lost against ` +
      `always using the best arm, mean over runs. Every rule meets the same reward tables (seed ${SEED}).\n` +
      `${quick ? 'Quick: few runs, wide errors. ' : ''}${machine.cores} × ${machine.cpu}, Node ${machine.node}`
  );
  const found = quick ? { why: 'not asked for with --quick' } : await findPython();
  const regret: RegretResult[] = [];
  for (const world of worlds) {
    const played = playWorld(world, quick ? 6 : 200);
    const library = 'python' in found ? await tryMabwiser(found.python, world) : found;
    const result = { ...played, mabwiser: 'rows' in library ? library.rows : null };
    regret.push(result);
    const split = `equal split: ${result.uniformSplit.toFixed(0)} lost; its first half hour: ${result.blindHalfHour.toFixed(0)}`;
    console.log(`\n### regret, arms of ${world.name} (${split})\n${regretTable(result)}`);
    if ('why' in library) console.log(`!!! MABWiser was SKIPPED: ${library.why}`);
  }
  const changes = playChanges(quick ? 12 : 300);
  console.log(`\n### the best arm changes half way: 5, 6, 5 % and then 5, 4, 7 %\n${changesTable(changes)}`);
  const races = playRaces(quick ? 5 : 150);
  console.log(`\n### best arm of 5, 5, 6 % at 5 % error, a look every 3,000 requests\n${racesTable(races)}`);
  const equals = playEquals(quick ? 25 : 1000);
  console.log(`\n### equal arms: how often a winner is declared at 5 % within 36 looks\n${equalsTable(equals)}`);
  const targets = targetsOf({ regret, changes, winners: [...races, ...equals] });
  console.log(`\n### targets\n${targetsTable(targets)}`);

  const file = path.resolve('bench', 'results', quick ? 'bandits-quick.json' : 'bandits.json');
  await mkdir(path.dirname(file), { recursive: true });
  const seconds = Math.round((Date.now() - started) / 1000);
  const result = { what: 'bandits', quick, seed: SEED, machine, seconds, regret, changes, races, equals, targets };
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`\n${seconds} s in all; ${path.relative('.', file)}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
