import { readFileSync } from 'node:fs';
import standard from '../report/prices.json';
import { parsePriceTable } from '../report/price-table';
import type { PriceTable } from '../report/price-table';
import { InvalidSetting } from './config';

/** The price table that rollouts are booked by: of the file that `SLUICE_PRICES` names, or the one that comes with Sluice. */
export function readPrices(file: string | null): PriceTable {
  if (file === null) return standard;
  const table = parsePriceTable(textOf(file));
  if (table === null) throw new InvalidSetting('SLUICE_PRICES', file, ['a file in the form of report/prices.json']);
  return table;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
