import { table, times } from '../guards/table';
import type { Tuning } from './batched';
import { planFor, playBatched } from './batched';
import { changing, everyFive, SEED } from './settings';
import { meanIn, regretRow } from './summary';
import type { RegretRow } from './summary';
import { drawTable } from './world';

export const plainRule = 'no discount';
const one = { least: 0.01, start: 0.01 };
const rules: readonly (readonly [string, Tuning])[] = [
  [plainRule, {}],
  ['no discount, floor 1 %', { floor: one }],
  ['discount 0.98 a batch, floor 1 %', { discount: 0.98, floor: one }],
  ['discount 0.95 a batch, floor 1 %', { discount: 0.95, floor: one }],
  ['discount 0.9 a batch, floor 1 %', { discount: 0.9, floor: one }],
  ['discount 0.8 a batch, floor 1 %', { discount: 0.8, floor: one }],
];

/** Regret where another arm becomes the best half way. */
export function playChanges(runs: number): readonly RegretRow[] {
  return rules.map(([rule, tuning]) => {
    const plan = planFor(changing, tuning);
    const regrets = Array.from(
      { length: runs },
      (_, run) => playBatched(plan, drawTable(changing, SEED, run), { sizes: everyFive, lateRequests: 0 }).regret
    );
    return regretRow(rule, regrets);
  });
}

export const changesTable = (rows: readonly RegretRow[]): string =>
  table(
    ['rule', 'lost', '± s.e.', '× no discount', 'runs'],
    rows.map(({ rule, mean, standardError, runs }) => [
      rule,
      mean.toFixed(0),
      standardError.toFixed(1),
      times(mean / meanIn(rows, plainRule)),
      String(runs),
    ])
  );
