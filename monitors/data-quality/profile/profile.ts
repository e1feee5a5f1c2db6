import { inferType, isNumeric } from '../state/kinds';
import type { InferredType, ValueKind } from '../state/kinds';
import { MOST_CATEGORIES } from '../state/tallies';
import type { Category, Tallies } from '../state/tallies';
import { momentsOf } from './moments';
import type { Moments } from './moments';
import { walk } from './numbers';

/** What a tally says of one column. */
export interface ColumnProfile {
  readonly name: string;
  /** In its state. */
  readonly position: number;
  readonly rows: number;
  readonly present: number;
  readonly missing: number;
  readonly kinds: Readonly<Record<ValueKind, number>>;
  readonly inferred: InferredType;
  /** Different values, exact. */
  readonly distinct: number;
  /** Values that are numbers, and how many of them are below zero. */
  readonly numbers: number;
  readonly negative: number;
  /** Null for text. */
  readonly moments: Moments | null;
  /** Most frequent first, then by name; null for numbers and where there are more than 120. */
  readonly categories: readonly Category[] | null;
}

/** Profiles of all columns of a state, in their order. */
export async function profileState(
  tallies: Tallies,
  visit: (done: number, total: number) => void
): Promise<readonly ColumnProfile[]> {
  const { columns, rows } = tallies.state;
  const facts = await tallies.facts();
  const profiles: ColumnProfile[] = [];
  for (const [position, name] of columns.entries()) {
    const one = facts[position];
    if (!one) continue;
    const { kinds, distinct } = one;
    const inferred = inferType(kinds);
    const missing = kinds.Unknown;
    profiles.push({
      ...one,
      ...{ name, position, rows, present: rows - missing, missing, inferred },
      moments: isNumeric(inferred) ? await momentsOfColumn(tallies, position) : null,
      categories: inferred === 'String' && distinct <= MOST_CATEGORIES ? await tallies.categories(position) : null,
    });
    visit(position + 1, columns.length);
  }
  return profiles;
}

async function momentsOfColumn(tallies: Tallies, position: number): Promise<Moments> {
  const moments = momentsOf();
  const stream = await tallies.numbers(position);
  await walk(stream(), moments.add);
  return moments.done();
}
