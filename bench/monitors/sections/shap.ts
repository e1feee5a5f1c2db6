import { gauss, seededUniform } from '../../../guards/random';
import { explain } from '../../../monitors/attribution/explain';
import type { ModelCaller } from '../../../monitors/types';
import { table } from '../../guards/table';
import { askPeer, preparePeer } from '../../peers/venv';
import type { Section } from './section';

const PEER = { name: 'shap', packages: ['shap==0.51.0', 'scikit-learn==1.9.1', 'numpy==2.4.6'] };
const SIZES = [
  { rows: 20, features: 12, background: 10, samples: 4_094 },
  { rows: 20, features: 30, background: 10, samples: 200 },
  { rows: 20, features: 30, background: 10, samples: 2_108 },
];
const ROUNDS = 5;

interface Round {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of it, in the model itself. */
  readonly modelSeconds: number;
  readonly calls: number;
}
interface Told {
  readonly rounds: readonly Round[];
  readonly values: readonly (readonly number[])[];
}

/** Kernel SHAP with as many model calls as shap's, on the same rows, background and model; the best of a few rounds, as both warm up. */
export const shap: Section = {
  name: 'shap',
  about: 'Kernel SHAP of a logistic regression, within the process, beside shap with the same budget of calls',
  async play({ divide }) {
    const ready = await preparePeer(PEER);
    const found = [];
    for (const size of SIZES) {
      const rows = Math.max(2, Math.round(size.rows / divide));
      const made = caseOf({ ...size, rows });
      const ours = await explained(made);
      const theirs = (await askPeer(ready, 'bench_shap.py', made)) as Told;
      const gap = Math.max(
        ...ours.values.flatMap((row, r) => row.map((value, f) => Math.abs(value - (theirs.values[r]?.[f] ?? NaN))))
      );
      found.push({ ...size, rows, ours: ours.rounds, theirs: theirs.rounds, largestDifference: gap });
    }
    const text = table(
      [
        'rows × features × samples × baseline rows',
        'calls',
        'shap’s',
        'ours s',
        'shap s',
        'CPU s',
        'shap’s',
        'in the model',
        'shap’s',
        'CPU without it',
        'shap’s',
        'difference',
      ],
      found.map(({ rows, features, samples, background, ours, theirs, largestDifference }) => {
        const [a, b] = [best(ours), best(theirs)];
        return [
          `${rows} × ${features} × ${samples} × ${background}`,
          ...[String(a.calls), String(b.calls)],
          ...[a.seconds, b.seconds, a.cpuSeconds, b.cpuSeconds, a.modelSeconds, b.modelSeconds].map((s) =>
            s.toFixed(3)
          ),
          ...[a, b].map((round) => (round.cpuSeconds - round.modelSeconds).toFixed(3)),
          largestDifference.toExponential(1),
        ];
      })
    );
    return {
      text: `${text}\ndifference: the largest between two attributions; where coalitions are drawn (30 features) each side draws its own.\nRows are text to our model, as they are to a container: most of its time is the reading of numbers`,
      data: found,
    };
  },
};

const best = (rounds: readonly Round[]): Round =>
  rounds.reduce((least, round) => (round.cpuSeconds < least.cpuSeconds ? round : least));

interface Case {
  readonly weights: readonly number[];
  readonly background: readonly (readonly number[])[];
  readonly rows: readonly (readonly number[])[];
  readonly samples: number;
  readonly rounds: number;
}

function caseOf(size: {
  readonly rows: number;
  readonly features: number;
  readonly background: number;
  readonly samples: number;
}): Case {
  const uniform = seededUniform(61);
  const numbers = (n: number) => Array.from({ length: n }, () => Number(gauss(uniform).toFixed(4)));
  const rows = (n: number) => Array.from({ length: n }, () => numbers(size.features));
  return {
    weights: numbers(size.features),
    background: rows(size.background),
    rows: rows(size.rows),
    samples: size.samples,
    rounds: ROUNDS,
  };
}

async function explained({ weights, background, rows, samples, rounds: count }: Case): Promise<Told> {
  const text = (cells: readonly (readonly number[])[]) => cells.map((row) => row.map(String));
  const spent = { ms: 0, calls: 0 };
  const model: ModelCaller = {
    predict(asked) {
      const from = performance.now();
      const answers = asked.map((row) => {
        let score = 0;
        for (let f = 0; f < row.length; f++) score += Number(row[f]) * (weights[f] ?? 0);
        return [1 / (1 + Math.exp(-score))];
      });
      spent.ms += performance.now() - from;
      spent.calls += asked.length;
      return Promise.resolve(answers);
    },
  };
  const rounds: Round[] = [];
  let values: readonly (readonly number[])[] = [];
  for (let round = 0; round < count; round++) {
    [spent.ms, spent.calls] = [0, 0];
    const [from, used] = [performance.now(), process.cpuUsage()];
    const { rows: found } = await explain(model, {
      rows: text(rows),
      background: { rows: text(background), weights: background.map(() => 1 / background.length) },
      plan: { seed: 1, samples, calls: 1e9, useLogit: false },
    });
    const { user, system } = process.cpuUsage(used);
    values = found.map((row) => row.values[0] ?? []);
    rounds.push({
      seconds: (performance.now() - from) / 1_000,
      cpuSeconds: (user + system) / 1e6,
      modelSeconds: spent.ms / 1_000,
      calls: spent.calls,
    });
  }
  return { rounds, values };
}
