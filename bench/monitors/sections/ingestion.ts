import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { preparePeer } from '../../peers/venv';
import type { Peer } from '../../peers/types';
import { table } from '../../guards/table';
import { writeCaptures } from '../captures';
import { measured } from '../measured';
import type { Took } from '../measured';
import { cpuOf, sluice, tookRow, wallOf, withoutOutput } from '../sluice';
import type { Pair } from '../sluice';
import type { Section } from './section';

const ROWS = 480_000;

/** Each does the same: reads both sets of captured JSON lines, describes every column of the baseline, and says which columns drifted. */
const PEERS: readonly {
  readonly name: string;
  readonly peer: Peer;
  readonly script: string;
  readonly target: number | null;
}[] = [
  {
    ...{ name: 'Deequ on Spark local[2]', script: 'bench_deequ.py', target: 15 },
    peer: { name: 'deequ', packages: ['pyspark==3.5.9'], jars: ['com.amazon.deequ:deequ:2.0.7-spark-3.5'] },
  },
  {
    ...{ name: 'Evidently', script: 'bench_evidently.py', target: 5 },
    peer: { name: 'evidently', packages: ['evidently==0.7.23', 'pandas<3'] },
  },
  {
    ...{ name: 'whylogs (profiles alone)', script: 'bench_whylogs.py', target: null },
    peer: { name: 'whylogs', packages: ['whylogs==1.6.4', 'pandas<3', 'numpy<2'] },
  },
];

interface PeerRun {
  readonly name: string;
  readonly target: number | null;
  /** Ours just before: what else the machine did meanwhile, it did to both. */
  readonly before: Pair;
  readonly took: Took | null;
  readonly why?: string;
}

/** Time and memory of a whole baseline and check of captured data, each program from its start to its end, ours and a peer in turn. */
export const ingestion: Section = {
  name: 'ingestion',
  about: 'baseline and check of captured records: time and memory from the start of the program to its end',
  async play({ divide, dir, say }) {
    await mkdir(dir, { recursive: true });
    const rows = Math.round(ROWS / divide);
    say(`writing twice ${rows} records`);
    const before = await writeCaptures(dir, { rows, seed: 1, shift: 0 });
    const live = await writeCaptures(dir, { rows, seed: 2, shift: 0.3 });
    const runs: PeerRun[] = [];
    for (const { name, peer, script, target } of PEERS) {
      say(`ours, then ${name}`);
      const ours = await sluice(dir, before, live);
      try {
        const { python, env } = await preparePeer(peer);
        const command = [python, path.resolve('bench', 'peers', 'scripts', script), before, live];
        const took = await measured(command, { ...env, DO_NOT_TRACK: '1', WHYLOGS_NO_ANALYTICS: 'True' });
        runs.push({ name, target, before: ours, took });
      } catch (error) {
        const why = error instanceof Error ? error.message.slice(-500) : String(error);
        runs.push({ name, target, before: ours, took: null, why });
      }
    }
    const text = table(
      ['', 'seconds', 'processor s', 'peak MB', 'of ours (wall)', '(processor)', 'wanted'],
      runs.flatMap(({ name, before: ours, took, target, why }) => [
        tookRow('sluice baseline', ours.baseline),
        tookRow('sluice check', ours.check),
        took === null
          ? [`${name}: ${why ?? ''}`]
          : [
              ...tookRow(name, took),
              `${(took.seconds / wallOf(ours)).toFixed(1)}×`,
              `${(took.cpuSeconds / cpuOf(ours)).toFixed(1)}×`,
              target === null ? '' : `≥ ${target}×`,
            ],
      ])
    );
    const data = {
      rows,
      runs: runs.map(({ took, before: ours, ...rest }) => ({
        ...rest,
        ours: withoutOutput(ours),
        took: took && { ...took, out: took.out.slice(-2_000) },
      })),
    };
    return { text: `${rows} captured records of 20 features and a score, twice\n${text}`, data };
  },
};
