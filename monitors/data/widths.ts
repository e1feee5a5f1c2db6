import { MAX_COLUMNS } from './column-names';

/** How many columns rows without names have: as many as most of them, the wider where two are as common. 0 for none. */
export function commonWidth(widths: ReadonlyMap<number, number>): number {
  let [best, most] = [0, 0];
  for (const [width, count] of widths) {
    if (width > MAX_COLUMNS || count < most || (count === most && width < best)) continue;
    [best, most] = [width, count];
  }
  return best;
}
