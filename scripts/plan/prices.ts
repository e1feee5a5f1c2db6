import path from 'node:path';
import prices from '../../report/prices.json';
import { parsePriceTable, TABLE_FORM } from '../../report/price-table';
import type { PriceTable } from '../../report/price-table';
import { Mistake } from '../mistakes';
import { readText } from '../rollout-file';

/** Prices of a file in the form of report/prices.json; without one those that come with Sluice. Throws a `Mistake` for another form. */
export async function pricesFrom(cwd: string, file: string | undefined): Promise<PriceTable> {
  if (file === undefined) return prices;
  const table = parsePriceTable(await readText(path.resolve(cwd, file), file));
  if (table === null) throw new Mistake(`${file} is no price table. It looks like ${TABLE_FORM}.`);
  return table;
}
