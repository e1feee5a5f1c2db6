import { percent, table, times } from '../guards/table';
import { plainRule } from './changes';
import { rows } from './regret';
import type { RegretResult } from './regret';
import { meanIn, meanOf } from './summary';
import type { RegretRow } from './summary';
import type { WinnerRow } from './winners';

export interface Target {
  readonly target: string;
  readonly measured: number;
  readonly atMost: number | null;
}

/** The targets, with what was measured; `null` where a row is for comparison only. */
export function targetsOf(p: {
  readonly regret: readonly RegretResult[];
  readonly changes: readonly RegretRow[];
  readonly winners: readonly WinnerRow[];
}): readonly Target[] {
  const perWorld = p.regret.flatMap((result): readonly Target[] => {
    const ratio = (above: string, below: string) => meanIn(result.rows, above) / meanIn(result.rows, below);
    return [
      {
        target: `${result.world}: every 5 min, oftener at first ÷ Thompson per request`,
        measured: ratio(rows.growing, rows.thompson),
        atMost: 1.1,
      },
      {
        target: `${result.world}: strictly every 5 min ÷ Thompson per request`,
        measured: ratio(rows.strict, rows.thompson),
        atMost: 1.1,
      },
      {
        target: `${result.world}: every 5 min, oftener at first ÷ AWS default`,
        measured: ratio(rows.growing, rows.aws),
        atMost: 0.7,
      },
      {
        target: `${result.world}: strictly every 5 min ÷ AWS default`,
        measured: ratio(rows.strict, rows.aws),
        atMost: 0.7,
      },
      {
        target: `${result.world}: 30 min late ÷ Thompson per request, as late`,
        measured: ratio(rows.late, rows.lateThompson),
        atMost: 2,
      },
      {
        target: `${result.world}: 30 min late ÷ Thompson per request, at once`,
        measured: ratio(rows.lateGrowing, rows.thompson),
        atMost: 2,
      },
      {
        target: `${result.world}: the blind half hour alone ÷ Thompson per request, at once`,
        measured: result.blindHalfHour / meanIn(result.rows, rows.thompson),
        atMost: null,
      },
    ];
  });
  const discounted = (share: string) =>
    meanIn(p.changes, `discount ${share} a batch, floor 1 %`) / meanIn(p.changes, plainRule);
  return [
    ...perWorld,
    {
      target: 'mean over both worlds: every 5 min, oftener at first ÷ Thompson per request',
      measured: meanOf(p.regret.map(({ rows: all }) => meanIn(all, rows.growing) / meanIn(all, rows.thompson))),
      atMost: 1.1,
    },
    { target: 'changing best arm: discount 0.9 ÷ none', measured: discounted('0.9'), atMost: 0.65 },
    { target: 'changing best arm: discount 0.95 ÷ none', measured: discounted('0.95'), atMost: 0.65 },
    ...p.winners.map(({ rule, wrong }) => ({ target: `wrong winner: ${rule}`, measured: wrong, atMost: 0.05 })),
  ];
}

export const targetsTable = (targets: readonly Target[]): string =>
  table(
    ['target', 'measured', 'at most', 'met'],
    targets.map(({ target, measured, atMost }) => {
      const form = target.startsWith('wrong') ? percent : times;
      return [
        target,
        form(measured),
        atMost === null ? '–' : form(atMost),
        atMost === null ? '' : measured <= atMost ? 'yes' : 'NO',
      ];
    })
  );
