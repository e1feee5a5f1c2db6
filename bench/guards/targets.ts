import type { Row } from './cell';
import { names } from './rules';
import { table, times } from './table';

/** Detection results of one traffic level, as the detection sections write them. */
export interface LevelData {
  readonly perSecond: number;
  readonly effects: readonly {
    readonly rate: number;
    readonly limit: { readonly exposed: number };
    readonly rows: readonly Pick<Row, 'rule' | 'exposed'>[];
    readonly bestPeer: string | null;
  }[];
}

/** Targets (b) and (c): how close to the limit, and to the best calibrated peer, from ten requests a second. */
export function targets(levels: readonly LevelData[]): string {
  const rows = levels
    .filter(({ perSecond }) => perSecond >= 10)
    .flatMap(({ perSecond, effects }) => {
      const regressions = effects.filter(({ rate }) => rate <= 0.1);
      const ratios = (rule: string) =>
        regressions.map(
          ({ rows: cells, limit }) => (cells.find((row) => row.rule === rule)?.exposed ?? NaN) / limit.exposed
        );
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      const [ours, hinted, reference] = [ratios(names.ours), ratios(names.hinted), ratios(names.reference)];
      const doubling = effects.find(({ rate }) => rate === 0.02);
      const exposedBy = (rule: string | null | undefined) =>
        doubling?.rows.find((row) => row.rule === rule)?.exposed ?? NaN;
      const toPeer = exposedBy(names.ours) / exposedBy(doubling?.bestPeer);
      const line = (target: string, value: number, most: number | null, form: (v: number) => string) => [
        `${perSecond} requests/s: ${target}`,
        form(value),
        most === null ? '–' : form(most),
        most === null ? '' : value <= most ? 'yes' : 'NO',
      ];
      return [
        line('mean × limit, 1.5–10 ×', mean(ours), 1.25, times),
        line('worst × limit', Math.max(...ours), 1.35, times),
        line('worst × limit with a hint', Math.max(...hinted), 1.17, times),
        line('mean × limit with a hint', mean(hinted), null, times),
        line("mean × limit, prototype's configuration", mean(reference), null, times),
        line('doubling, × best calibrated peer', toPeer, 0.5, times),
      ];
    });
  return table(['target', 'measured', 'at most', 'met'], rows);
}
