import { clopperPearson } from '../guards/numbers/clopper-pearson';
import { interval, percent, table } from '../guards/table';
import type { BanditPlan, Cohort } from '../../guards/bandits';
import type { Tuning } from './batched';
import { planFor, playBatched } from './batched';
import { everyFive, SEED } from './settings';
import { meanOf } from './summary';
import { drawTable } from './world';
import type { World } from './world';

export interface WinnerRow {
  readonly rule: string;
  readonly runs: number;
  readonly declared: number;
  readonly wrong: number;
  /** 95 % interval of the wrong share. */
  readonly wrongInterval: readonly [number, number];
  readonly requests: number;
  readonly lost: number;
  /** Runs in which a pooled z-test at 5 % shows a difference: after any batch, and after the last. */
  readonly zAnyBatch: number;
  readonly zAtEnd: number;
}

const long: World = { name: '5, 5, 6 %', requests: 600_000, phases: [[0.05, 0.05, 0.06]] };
const flat = (rate: number, arms: number): World => ({
  name: `${arms} equal arms`,
  requests: 108_000,
  phases: [Array.from({ length: arms }, () => rate)],
});
/** All arms alike rise from 5 % to 20 %. */
const rising = (arms: number): World => ({
  name: `${arms} equal arms that rise together`,
  requests: 108_000,
  phases: Array.from({ length: 36 }, (_, i) => Array.from({ length: arms }, () => 0.05 * (1 + (3 * i) / 35))),
});
const floor = (share: number): Tuning => ({ floor: { least: share, start: share } });

const races: readonly (readonly [string, World, Tuning])[] = [
  ['uniform split', long, { allocator: { kind: 'epsilonGreedy', epsilon: 1 } }],
  ['Thompson', long, {}],
  ['Thompson, floor 10 %', long, floor(0.1)],
  ['top-two Thompson', long, { allocator: { kind: 'topTwoThompson' } }],
];
const equals: readonly (readonly [string, World, Tuning])[] = [
  ['2 equal arms', flat(0.05, 2), {}],
  ['2 equal arms, floor 10 %', flat(0.05, 2), floor(0.1)],
  ['2 equal arms that rise together', rising(2), {}],
  ['2 arms that rise together, floor 10 %', rising(2), floor(0.1)],
  ['3 equal arms', flat(0.05, 3), floor(0.1)],
  ['4 equal arms that rise together', rising(4), floor(0.1)],
];

export const playRaces = (runs: number): readonly WinnerRow[] =>
  races.map(([rule, world, tuning]) => play({ rule, world, tuning, runs, best: 2 }));

export const playEquals = (runs: number): readonly WinnerRow[] =>
  equals.map(([rule, world, tuning]) => play({ rule, world, tuning, runs, best: null }));

function play(p: {
  readonly rule: string;
  readonly world: World;
  readonly tuning: Tuning;
  readonly runs: number;
  readonly best: number | null;
}): WinnerRow {
  const { rule, world, tuning, runs, best } = p;
  const plan = planFor(world, tuning);
  const played = Array.from({ length: runs }, (_, run) => {
    // To find a winner the run may stop there; equal arms are watched to the end.
    const options = { sizes: everyFive, lateRequests: 0, untilWinner: best !== null };
    const { cohorts, ...result } = playBatched(plan, drawTable(world, SEED + 1, run), options);
    return { ...result, z: zTests(plan, cohorts) };
  });
  const wrong = played.filter(({ winner }) => winner !== null && winner !== best).length;
  const share = (count: number) => count / runs;
  return {
    rule,
    runs,
    declared: share(played.filter(({ winner }) => winner !== null).length),
    wrong: share(wrong),
    wrongInterval: clopperPearson(wrong, runs),
    requests: meanOf(played.map(({ requests }) => requests)),
    lost: meanOf(played.map(({ regretUntil }) => regretUntil)),
    zAnyBatch: share(played.filter(({ z }) => z.some((value) => value > 1.96)).length),
    zAtEnd: share(played.filter(({ z }) => (z[z.length - 1] ?? 0) > 1.96).length),
  };
}

/** After each batch: the largest pooled two-proportion z statistic over all pairs. */
function zTests(plan: BanditPlan, cohorts: readonly Cohort[]): readonly number[] {
  const n = plan.arms.map(() => 0);
  const sum = plan.arms.map(() => 0);
  return cohorts.map((cohort) => {
    plan.arms.forEach((name, arm) => {
      n[arm] = (n[arm] ?? 0) + (cohort[name]?.n ?? 0);
      sum[arm] = (sum[arm] ?? 0) + (cohort[name]?.sum ?? 0);
    });
    let largest = 0;
    for (let a = 0; a < n.length; a++) {
      for (let b = 0; b < a; b++) {
        const [na, nb, sa, sb] = [n[a] ?? 0, n[b] ?? 0, sum[a] ?? 0, sum[b] ?? 0];
        const pooled = (sa + sb) / (na + nb);
        const variance = pooled * (1 - pooled) * (1 / na + 1 / nb);
        if (variance > 0 && Number.isFinite(variance))
          largest = Math.max(largest, Math.abs(sa / na - sb / nb) / Math.sqrt(variance));
      }
    }
    return largest;
  });
}

export const racesTable = (rows: readonly WinnerRow[]): string =>
  table(
    ['allocation', 'declared', 'wrong', 'requests', 'lost until then', 'runs'],
    rows.map(({ rule, declared, wrong, requests, lost, runs }) => [
      rule,
      percent(declared, 1),
      percent(wrong),
      requests.toFixed(0),
      lost.toFixed(0),
      String(runs),
    ])
  );

export const equalsTable = (rows: readonly WinnerRow[]): string =>
  table(
    ['Thompson weights', 'false winner', '95 % interval', 'z-test every batch', 'z-test at the end', 'runs'],
    rows.map(({ rule, wrong, wrongInterval, zAnyBatch, zAtEnd, runs }) => [
      rule,
      percent(wrong),
      interval(wrongInterval),
      percent(zAnyBatch, 1),
      percent(zAtEnd, 1),
      String(runs),
    ])
  );
