import path from 'node:path';
import { measured } from './measured';
import type { Took } from './measured';

/** The two commands that together do what one run of a peer does. */
export interface Pair {
  readonly baseline: Took;
  readonly check: Took;
}

/** `sluice baseline` of the first folder, then `sluice check` of the second against it, each a process of its own. */
export async function sluice(dir: string, before: string, live: string): Promise<Pair> {
  const program = [process.execPath, path.resolve('bin', 'sluice.js')];
  const home = path.join(dir, `baseline-${path.basename(before)}`);
  const baseline = await measured([...program, 'baseline', before, '-o', home]);
  const check = await measured([...program, 'check', live, '--baseline', home, '-o', `${home}-check`]);
  return { baseline, check };
}

export const wallOf = ({ baseline, check }: Pair): number => baseline.seconds + check.seconds;
export const cpuOf = ({ baseline, check }: Pair): number => baseline.cpuSeconds + check.cpuSeconds;

export function tookRow(name: string, took: Took): readonly string[] {
  return [name, took.seconds.toFixed(1), took.cpuSeconds.toFixed(1), took.peakMb.toFixed(0)];
}

export function withoutOutput({ baseline, check }: Pair): Pair {
  return { baseline: { ...baseline, out: '' }, check: { ...check, out: check.out.slice(0, 2_000) } };
}
