import { mkdir } from 'node:fs/promises';
import { table } from '../../guards/table';
import { writeCaptures } from '../captures';
import { sluice, tookRow, withoutOutput } from '../sluice';
import type { Section } from './section';

const SIZES = [480_000, 4_800_000];
const PEAK_MB = 600;

/** Whether memory stays where it is when the rows become ten times as many. */
export const tenfold: Section = {
  name: 'tenfold',
  about: 'memory of a baseline and check over ten times the rows',
  async play({ divide, dir, say }) {
    await mkdir(dir, { recursive: true });
    const found = [];
    for (const size of SIZES) {
      const rows = Math.round(size / divide);
      say(`writing twice ${rows} records`);
      // The smaller ones are those of `ingestion`.
      const [first, second] = size === SIZES[0] ? [1, 2] : [3, 4];
      const before = await writeCaptures(dir, { rows, seed: first, shift: 0 });
      const live = await writeCaptures(dir, { rows, seed: second, shift: 0.3 });
      say(`baseline and check of ${rows} records`);
      found.push({ rows, ours: await sluice(dir, before, live) });
    }
    const text = table(
      ['', 'seconds', 'processor s', 'peak MB', 'wanted'],
      found.flatMap(({ rows, ours }) => [
        [...tookRow(`baseline of ${rows} rows`, ours.baseline), `≤ ${PEAK_MB} MB`],
        [...tookRow(`check of ${rows} rows`, ours.check), `≤ ${PEAK_MB} MB`],
      ])
    );
    return { text, data: found.map(({ rows, ours }) => ({ rows, ...withoutOutput(ours) })) };
  },
};
