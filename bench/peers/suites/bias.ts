import { jsonNumber } from '../../../monitors/bias/artefacts';
import { countTuples } from '../../../monitors/bias/counts';
import { flipTest } from '../../../monitors/bias/flip-test';
import { METRICS } from '../../../monitors/bias/metrics';
import type { Json } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { Answers, PeerCase, PeerSuite } from '../types';

interface Table {
  readonly d: readonly boolean[];
  readonly label: readonly boolean[];
  readonly predicted: readonly boolean[];
  readonly group: readonly string[];
  readonly features: readonly (readonly number[])[];
}

/** Shares of the disadvantaged, of positive labels on either side, and of wrong predictions. */
interface Shape {
  readonly n: number;
  readonly d: number;
  readonly positiveA: number;
  readonly positiveD: number;
  readonly wrong: number;
  readonly groups: number;
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(47);
  const table = ({ n, d, positiveA, positiveD, wrong, groups }: Shape): Table => {
    const sides = Array.from({ length: n }, () => make.uniform() < d);
    const label = sides.map((isD) => make.uniform() < (isD ? positiveD : positiveA));
    return {
      d: sides,
      label,
      predicted: label.map((yes) => (make.uniform() < wrong ? !yes : yes)),
      group: sides.map(() => `g${Math.floor(make.uniform() * groups)}`),
      features: [0, 1, 2].map((f) => sides.map((isD) => Number((make.uniform() * 10 + (isD ? f : 0)).toFixed(4)))),
    };
  };
  const usual = { n: 200, d: 0.4, positiveA: 0.6, positiveD: 0.4, wrong: 0.2, groups: 3 };
  const all: Readonly<Record<string, Table>> = {
    usual: table(usual),
    'few disadvantaged': table({ ...usual, n: 400, d: 0.05 }),
    'alike, one group': table({ ...usual, positiveD: 0.6, groups: 1 }),
    'nine advantaged or fewer': table({ ...usual, n: 14, d: 0.6 }),
    'no errors': table({ ...usual, wrong: 0 }),
    'always wrong': table({ ...usual, wrong: 1 }),
    'a has positive labels alone': table({ ...usual, n: 60, positiveA: 1 }),
    'd has positive labels alone': table({ ...usual, n: 60, positiveD: 1 }),
    'all of a accepted, all of d rejected': table({ ...usual, n: 50, positiveA: 1, positiveD: 0, wrong: 0 }),
    'coin tosses, many groups': table({ ...usual, n: 900, positiveA: 0.5, positiveD: 0.5, wrong: 0.5, groups: 40 }),
  };
  return Object.entries(all).map(([name, input]) => ({ name, input: input as unknown as Json }));
}

/** Our values where smclarify's are right, and its own beside ours where it leaves out labels or turns a sign. */
function ours(input: Json): Answers {
  const table = input as unknown as Table;
  const counts = countTuples(
    table.d.map((isDisadvantaged, i) => ({
      isDisadvantaged,
      group: table.group[i] ?? '',
      isPositive: table.label[i] ?? false,
      isPredicted: table.predicted[i] ?? false,
      count: 1,
    }))
  );
  const rows = table.d.map((isDisadvantaged, i) => ({
    isDisadvantaged,
    isPredicted: table.predicted[i] ?? false,
    features: table.features.map((column) => column[i] ?? NaN),
  }));
  const values = Object.entries(METRICS).flatMap(([name, { of, compatible }]) => {
    const value = (compatible ?? of)(counts);
    const isRefused = compatible !== undefined && hasNoCommonLabel(counts);
    return value === null || isRefused ? [] : [[name, jsonNumber(value)] as const];
  });
  return Object.fromEntries([...values, ['FT', flipTest(rows)?.compatible ?? null]]);
}

/** smclarify then has nothing left to compare, and says so; we have the distances. */
const hasNoCommonLabel = ({ a, d }: ReturnType<typeof countTuples>): boolean =>
  (a.n1 === 0 && d.n1 === d.n) || (a.n1 === a.n && d.n1 === 0);

/** Clarify's metrics, by the values that are compatible where smclarify 0.5 has a bug (`monitors/bias/metrics`, `flip-test`). */
export const biasSuite: PeerSuite = {
  name: 'bias',
  peer: { name: 'smclarify', packages: ['smclarify==0.5', 'pandas==2.3.3', 'scikit-learn==1.9.1'] },
  script: 'bias.py',
  cases,
  ours,
  tolerance: { default: 1e-12 },
};
