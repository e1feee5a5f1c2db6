import path from 'node:path';
import prices from '../../report/prices.json';
import type { PriceTable } from '../../report/plan-input';
import { Mistake } from '../mistakes';
import { readText } from '../rollout-file';

/** Prices of a file in the form of report/prices.json; without one those that come with Sluice. Throws a `Mistake` for another form. */
export async function pricesFrom(cwd: string, file: string | undefined): Promise<PriceTable> {
  if (file === undefined) return prices;
  const table = parse(await readText(path.resolve(cwd, file), file));
  if (!isTable(table))
    throw new Mistake(
      `${file} is no price table. It looks like {"date": "2026-11-28", "source": "…", "currency": "USD", "perHour": {"us-east-1": {"ml.m5.large": 0.115}}}.`
    );
  return table;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isTable(value: unknown): value is PriceTable {
  if (!isRecord(value) || !isRecord(value['perHour'])) return false;
  const isText = ['date', 'source', 'currency'].every((key) => typeof value[key] === 'string');
  const isPrice = (price: unknown): boolean => typeof price === 'number' && price >= 0;
  return (
    isText &&
    Object.values(value['perHour']).every((region) => isRecord(region) && Object.values(region).every(isPrice))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
