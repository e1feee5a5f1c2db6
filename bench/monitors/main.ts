import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { detection } from './detection/section';
import { ingestion } from './sections/ingestion';
import { online } from './sections/online';
import type { Section } from './sections/section';
import { shap } from './sections/shap';
import { tenfold } from './sections/tenfold';
import { window } from './sections/window';

/** Each section brings its peers in environments of their own (`bench/peers/venv`). */
const sections: readonly Section[] = [ingestion, tenfold, window, shap, detection, online];

const usage = `npm run bench:monitors -- [--quick | --divide N] [--only ${sections.map(({ name }) => name).join(',')}]`;

/** What `--quick` divides by. */
const QUICK = 20;

async function main(args: readonly string[]): Promise<void> {
  const value = (flag: string) => (args.includes(flag) ? (args[args.indexOf(flag) + 1] ?? '') : undefined);
  const divide = args.includes('--quick') ? QUICK : Number(value('--divide') ?? 1);
  const only = value('--only')?.split(',');
  const unknown = (only ?? []).filter((name) => !sections.some((section) => section.name === name));
  if (unknown.length > 0 || !(divide >= 1)) throw new RangeError(usage);
  const machine = { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.availableParallelism(), node: process.version };
  console.log(
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}. Load at the beginning: ${os
      .loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}.`
  );
  const folder = path.resolve('bench', 'results', divide > 1 ? 'monitors-quick' : 'monitors');
  await mkdir(folder, { recursive: true });
  for (const section of sections.filter(({ name }) => only?.includes(name) ?? true)) {
    const load = os.loadavg();
    const from = Date.now();
    const say = (what: string) =>
      console.error(`[${section.name}, ${Math.round((Date.now() - from) / 1000)} s] ${what}`);
    const { text, data } = await section.play({ divide, dir: path.resolve('.sluice', 'bench-monitors'), say });
    const seconds = Math.round((Date.now() - from) / 100) / 10;
    console.log(`\n### ${section.about}\n${text}\n[${section.name}: ${seconds} s]`);
    const content = {
      what: 'monitors',
      section: section.name,
      about: section.about,
      divide,
      machine,
      load,
      seconds,
      data,
    };
    await writeFile(path.join(folder, `${section.name}.json`), `${JSON.stringify(content, null, 1)}\n`);
  }
  console.log(`\nresults in ${path.relative('.', folder)}/`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
});
