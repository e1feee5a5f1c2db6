import { adwinDefaults, startAdwin, stepAdwin } from '../../../monitors/concept-drift/adwin';
import { pageHinkleyDefaults, startPageHinkley, stepPageHinkley } from '../../../monitors/concept-drift/page-hinkley';
import type { Json } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { PeerCase, PeerSuite } from '../types';

interface Stream {
  readonly values: readonly number[];
  readonly delta: number;
  readonly threshold: number;
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(31);
  const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(6)));
  const errors = (n: number, rate: number) => Array.from({ length: n }, () => Number(make.uniform() < rate));
  const stream = (values: readonly number[], delta = 0.002, threshold = 50): Stream => ({
    values: rounded(values),
    delta,
    threshold,
  });
  const all: Readonly<Record<string, Stream>> = {
    'normal, up by one deviation': stream([...make.normals(1000), ...make.normals(1000, 1)]),
    'normal, down by a third': stream([...make.normals(1500), ...make.normals(2500, -0.33)]),
    'normal, no change': stream(make.normals(5000)),
    'errors, 10 % then 30 %': stream([...errors(1200, 0.1), ...errors(1800, 0.3)]),
    'errors, 20 % then 5 %, low threshold': stream([...errors(1000, 0.2), ...errors(1500, 0.05)], 0.05, 10),
    'up and down again': stream([...make.normals(700), ...make.normals(900, 2), ...make.normals(900)], 0.01, 20),
    'drifting slowly': stream(make.normals(4000).map((value, i) => value + i / 1500)),
    'scores between 0 and 1': stream([
      ...Array.from({ length: 900 }, () => make.uniform()),
      ...Array.from({ length: 900 }, () => Math.sqrt(make.uniform())),
    ]),
  };
  return Object.entries(all).map(([name, input]) => ({ name, input: input as unknown as Json }));
}

/** Where ADWIN and Page–Hinkley alarm, and what ADWIN's window holds before its first alarm, against river. */
export const detectorsSuite: PeerSuite = {
  name: 'detectors',
  peer: { name: 'river', packages: ['river==0.26.1'] },
  script: 'detectors.py',
  cases,
  ours: (input) => {
    const { values, delta, threshold } = input as unknown as Stream;
    const { changes } = stepAdwin(startAdwin, values, { ...adwinDefaults, delta, restart: true });
    // The state goes through JSON between two looks, as a workflow carries it.
    let window = startAdwin;
    for (let from = 0; from < 500; from += 130) {
      const part = values.slice(from, Math.min(500, from + 130));
      window = JSON.parse(JSON.stringify(stepAdwin(window, part, { ...adwinDefaults, delta }).state)) as typeof window;
    }
    const found = stepPageHinkley(startPageHinkley, values, { ...pageHinkleyDefaults, threshold });
    return {
      adwinChanges: changes,
      adwinWidth: window.width,
      adwinTotal: window.total,
      adwinSquares: window.squares,
      pageHinkleyChanges: found.changes,
    };
  },
  tolerance: { default: 0, adwinTotal: 1e-12, adwinSquares: 1e-12 },
};
