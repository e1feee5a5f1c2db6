import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { preparePeer } from '../../peers/venv';
import type { Peer } from '../../peers/types';
import { table } from '../../guards/table';
import { writeCaptures } from '../captures';
import { measured } from '../measured';
import type { Took } from '../measured';
import type { Section } from './section';

const ROWS = 480_000;
const TENFOLD = 10;

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
    ...{ name: 'whylogs', script: 'bench_whylogs.py', target: null },
    peer: { name: 'whylogs', packages: ['whylogs==1.6.4', 'pandas<3', 'numpy<2'] },
  },
];

/** Time and memory of a whole baseline and check of captured data, each program from its start to its end. */
export const ingestion: Section = {
  name: 'ingestion',
  about: 'baseline and check of captured records: time and memory from the start of the program to its end',
  async play({ divide, dir }) {
    await mkdir(dir, { recursive: true });
    const rows = Math.round(ROWS / divide);
    const before = await writeCaptures(dir, { rows, seed: 1, shift: 0 });
    const live = await writeCaptures(dir, { rows, seed: 2, shift: 0.3 });
    const ours = await sluice(dir, before, live);
    const peers: {
      readonly name: string;
      readonly took: Took | null;
      readonly target: number | null;
      readonly why?: string;
    }[] = [];
    for (const { name, peer, script, target } of PEERS) {
      try {
        const { python, env } = await preparePeer(peer);
        const command = [python, path.resolve('bench', 'peers', 'scripts', script), before, live];
        peers.push({
          name,
          target,
          took: await measured(command, { ...env, DO_NOT_TRACK: '1', WHYLOGS_NO_ANALYTICS: 'True' }),
        });
      } catch (error) {
        peers.push({
          name,
          target,
          took: null,
          why: error instanceof Error ? error.message.slice(-500) : String(error),
        });
      }
    }
    const many = rows * TENFOLD;
    const tenfold = await sluice(
      dir,
      await writeCaptures(dir, { rows: many, seed: 3, shift: 0 }),
      await writeCaptures(dir, { rows: many, seed: 4, shift: 0.3 })
    );
    const seconds = ours.baseline.seconds + ours.check.seconds;
    const cpu = ours.baseline.cpuSeconds + ours.check.cpuSeconds;
    const row = (name: string, took: Took) => [
      name,
      took.seconds.toFixed(1),
      took.cpuSeconds.toFixed(1),
      took.peakMb.toFixed(0),
    ];
    const text = table(
      ['', 'seconds', 'processor s', 'peak MB', 'of ours (wall)', '(processor)', 'wanted'],
      [
        row('sluice baseline', ours.baseline),
        row('sluice check', ours.check),
        ...peers.map(({ name, took, target, why }) =>
          took === null
            ? [`${name}: ${why ?? ''}`]
            : [
                ...row(name, took),
                `${(took.seconds / seconds).toFixed(1)}×`,
                `${(took.cpuSeconds / cpu).toFixed(1)}×`,
                target === null ? '' : `≥ ${target}×`,
              ]
        ),
        row('sluice baseline, ten times the rows', tenfold.baseline),
        row('sluice check, ten times the rows', tenfold.check),
      ]
    );
    const data = {
      rows,
      ours: brief(ours),
      peers: peers.map(({ took, ...peer }) => ({ ...peer, took: took && { ...took, out: took.out.slice(-2_000) } })),
      tenfold: { rows: many, ...brief(tenfold) },
    };
    return { text: `${rows} captured records of 20 features and a score, twice\n${text}`, data };
  },
};

interface Pair {
  readonly baseline: Took;
  readonly check: Took;
}

async function sluice(dir: string, before: string, live: string): Promise<Pair> {
  const program = [process.execPath, path.resolve('bin', 'sluice.js')];
  const home = path.join(dir, `baseline-${path.basename(before)}`);
  const baseline = await measured([...program, 'baseline', before, '-o', home]);
  const check = await measured([...program, 'check', live, '--baseline', home, '-o', `${home}-check`]);
  return { baseline, check };
}

function brief({ baseline, check }: Pair): Pair {
  return { baseline: { ...baseline, out: '' }, check: { ...check, out: check.out.slice(0, 2_000) } };
}
