import type { KnownPrices } from '../rollout';
import { isRecord } from '../spec/is-record';

/** Prices of instance hours, with when and where they were found. */
export interface PriceTable {
  readonly date: string;
  readonly source: string;
  readonly currency: string;
  /** By region, then instance type. */
  readonly perHour: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What a price table looks like, for who gave something else. */
export const TABLE_FORM =
  '{"date": "2026-11-28", "source": "…", "currency": "USD", "perHour": {"us-east-1": {"ml.m5.large": 0.115}}}';

/** A price table in the form of `prices.json`; null for any other text. */
export function parsePriceTable(text: string): PriceTable | null {
  try {
    const value: unknown = JSON.parse(text);
    return isTable(value) ? value : null;
  } catch {
    return null;
  }
}

/** The table's prices of some instance types in one region. */
export function pricesIn(
  table: PriceTable,
  at: { readonly region: string; readonly types: readonly string[] }
): KnownPrices {
  const { region, types } = at;
  const known = table.perHour[region] ?? {};
  const perHour = Object.fromEntries(
    [...new Set(types)].sort().flatMap((type) => {
      const price = known[type];
      return price === undefined ? [] : [[type, price] as const];
    })
  );
  return { currency: table.currency, date: table.date, region, perHour };
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
