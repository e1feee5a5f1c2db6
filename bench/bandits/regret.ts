import { table, times } from '../guards/table';
import type { Batching, Tuning } from './batched';
import { planFor, playBatched } from './batched';
import type { MabwiserRun } from './mabwiser';
import { epsilonGreedy, klUcb, playPerRequest, thompson, ucb1 } from './per-request';
import type { PerRequestRule } from './per-request';
import { everyFive, growing, growingLate, HALF_HOUR, SEED } from './settings';
import { meanIn, regretRow } from './summary';
import type { RegretRow } from './summary';
import { armsOf, drawTable } from './world';
import type { RewardTable, World } from './world';

/** Names of the rows that targets are about. */
export const rows = {
  aws: epsilonGreedy.name,
  thompson: thompson.name,
  strict: 'weights every 5 min',
  growing: 'weights every 5 min, oftener in the first 25',
  late: 'weights every 5 min, rewards 30 min late',
  lateGrowing: 'the same, oftener while the first rewards come',
  lateThompson: 'Thompson per request, rewards 30 min late',
  lateAws: 'ε-greedy per request, rewards 30 min late',
} as const;

type Play = (table: RewardTable) => number;

const batched = (world: World, batching: Batching, tuning: Tuning = {}): Play => {
  const plan = planFor(world, tuning);
  return (drawn) => playBatched(plan, drawn, batching).regret;
};
const perRequest =
  (rule: PerRequestRule, delay = 0): Play =>
  (drawn) =>
    playPerRequest(rule, drawn, delay);
const now = (sizes: readonly number[]): Batching => ({ sizes, lateRequests: 0 });
const late = (sizes: readonly number[]): Batching => ({ sizes, lateRequests: HALF_HOUR });

/** What is played in one world; `part` of the runs, since some rules take a second a run. */
const cast = (world: World): readonly { readonly rule: string; readonly part: number; readonly play: Play }[] => [
  { rule: rows.aws, part: 1, play: perRequest(epsilonGreedy) },
  { rule: ucb1.name, part: 0.25, play: perRequest(ucb1) },
  { rule: rows.thompson, part: 1, play: perRequest(thompson) },
  { rule: klUcb.name, part: 0.25, play: perRequest(klUcb) },
  { rule: rows.strict, part: 1, play: batched(world, now(everyFive)) },
  { rule: rows.growing, part: 1, play: batched(world, now(growing)) },
  { rule: '  + floor 1 %', part: 1, play: batched(world, now(growing), { floor: { least: 0.01, start: 0.01 } }) },
  { rule: '  + floor 5 %', part: 0.5, play: batched(world, now(growing), { floor: { least: 0.05, start: 0.05 } }) },
  {
    rule: 'top-two Thompson',
    part: 0.25,
    play: batched(world, now(growing), { allocator: { kind: 'topTwoThompson' } }),
  },
  { rule: 'KL-UCB by batches', part: 0.25, play: batched(world, now(growing), { allocator: { kind: 'klUcb' } }) },
  {
    rule: 'ε-greedy 0.1 by batches',
    part: 0.25,
    play: batched(world, now(growing), { allocator: { kind: 'epsilonGreedy', epsilon: 0.1 } }),
  },
  { rule: rows.lateAws, part: 0.5, play: perRequest(epsilonGreedy, HALF_HOUR) },
  { rule: rows.lateThompson, part: 0.5, play: perRequest(thompson, HALF_HOUR) },
  { rule: rows.late, part: 1, play: batched(world, late(everyFive)) },
  { rule: rows.lateGrowing, part: 1, play: batched(world, late(growingLate)) },
];

export interface RegretResult {
  readonly world: string;
  readonly uniformSplit: number;
  /** Lost in the half hour in which nobody knows any reward. */
  readonly blindHalfHour: number;
  readonly rows: readonly RegretRow[];
  readonly mabwiser: readonly RegretRow[] | null;
}

export function playWorld(world: World, runs: number): Omit<RegretResult, 'mabwiser'> {
  const players = cast(world).map((entry) => ({
    ...entry,
    runs: Math.max(8, Math.round(entry.part * runs)),
    regrets: [] as number[],
  }));
  for (let run = 0; run < runs; run++) {
    const drawn = drawTable(world, SEED, run);
    for (const player of players) if (run < player.runs) player.regrets.push(player.play(drawn));
  }
  const rates = world.phases[0] ?? [];
  const loss = Math.max(...rates) - rates.reduce((a, b) => a + b, 0) / armsOf(world);
  return {
    world: world.name,
    uniformSplit: loss * world.requests,
    blindHalfHour: loss * HALF_HOUR,
    rows: players.map(({ rule, regrets }) => regretRow(rule, regrets)),
  };
}

export const mabwiserRows = (played: readonly MabwiserRun[]): readonly RegretRow[] =>
  played.map(({ policy, regrets }) => regretRow(`MABWiser ${policy}, partial_fit every 5 min`, regrets));

export function regretTable(result: RegretResult): string {
  const reference = meanIn(result.rows, rows.thompson);
  const all = [...result.rows, ...(result.mabwiser ?? [])];
  return table(
    ['rule', 'lost', '± s.e.', '× Thompson', 'p90', 'worst', 'runs'],
    all.map(({ rule, mean, standardError, p90, worst, runs }) => [
      rule,
      mean.toFixed(0),
      standardError.toFixed(1),
      times(mean / reference),
      p90.toFixed(0),
      worst.toFixed(0),
      String(runs),
    ])
  );
}
