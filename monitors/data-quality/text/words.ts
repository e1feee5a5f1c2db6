import type { DuckDBConnection } from '@duckdb/node-api';
import { rowsOf } from '../../data/sql';
import { textOf } from '../cell';
import type { NumericSample } from '../drift/samples';
import { chunkOf, streamOf } from '../profile/numbers';

/** Words are runs of letters and digits, in lower case, in any script. */
const WORDS = String.raw`regexp_extract_all(lower(value), '[\p{L}\p{N}]+')`;

const wordCounts = (table: string): string =>
  `SELECT word, sum(n)::DOUBLE AS n FROM (SELECT unnest(${WORDS}) AS word, n FROM ${table} WHERE value IS NOT NULL) GROUP BY word`;

/** Words a text, on average; 0 without texts. */
export async function meanWords(db: DuckDBConnection, table: string): Promise<number> {
  const [row] = await rowsOf(
    db,
    `SELECT (sum(n * len(${WORDS})) / sum(n))::DOUBLE FROM ${table} WHERE value IS NOT NULL`
  );
  return Number(row?.[0] ?? 0);
}

/** Lengths in characters. Null without texts. */
export async function lengthSample(db: DuckDBConnection, table: string): Promise<NumericSample | null> {
  const rows = await rowsOf(
    db,
    `SELECT length(value)::DOUBLE AS x, sum(n)::DOUBLE FROM ${table} WHERE value IS NOT NULL GROUP BY x ORDER BY x`
  );
  const items = rows.map(([x, n]) => ({ x: Number(x), weight: Number(n) }));
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  return total > 0 ? { from: 'tally', total, stream: () => streamOf(chunkOf(items)), rankError: 0 } : null;
}

export interface Vocabulary {
  readonly words: number;
  /** Different words. */
  readonly distinct: number;
  /** Good and Turing's estimate of the share of words of fresh text that the baseline does not have: words that it has once. */
  readonly expectedUnknown: number;
}

export async function vocabularyOf(db: DuckDBConnection, table: string): Promise<Vocabulary> {
  const [row] = await rowsOf(
    db,
    `SELECT coalesce(sum(n), 0), count(*)::DOUBLE, count(*) FILTER (n = 1)::DOUBLE FROM (${wordCounts(table)})`
  );
  const [words, distinct, once] = [Number(row?.[0] ?? 0), Number(row?.[1] ?? 0), Number(row?.[2] ?? 0)];
  return { words, distinct, expectedUnknown: words > 0 ? once / words : 1 };
}

export interface UnknownWords {
  readonly words: number;
  readonly unknown: number;
  /** Standard error of the share: words of one text come together, so texts are what is independent. */
  readonly standardError: number;
  /** Most frequent unknown words. */
  readonly examples: readonly string[];
}

export async function unknownWords(
  db: DuckDBConnection,
  tables: { readonly baseline: string; readonly live: string }
): Promise<UnknownWords> {
  const texts = `SELECT row_number() OVER () AS id, n, ${WORDS} AS words FROM ${tables.live} WHERE value IS NOT NULL`;
  const known = `SELECT word FROM (${wordCounts(tables.baseline)})`;
  const [row] = await rowsOf(
    db,
    `WITH known AS (${known}), used AS (SELECT id, n, unnest(words) AS word FROM (${texts})),
       per AS (SELECT id, any_value(n)::DOUBLE AS n, count(*)::DOUBLE AS t, count(*) FILTER (known.word IS NULL)::DOUBLE AS u
               FROM used LEFT JOIN known ON used.word = known.word GROUP BY id)
     SELECT sum(n * t), sum(n * u), sum(n * u * u), sum(n * u * t), sum(n * t * t) FROM per`
  );
  const [words = 0, unknown = 0, uu = 0, ut = 0, tt = 0] = (row ?? []).map((cell) => Number(cell ?? 0));
  const share = words > 0 ? unknown / words : 0;
  const examples = await rowsOf(
    db,
    `SELECT word FROM (${wordCounts(tables.live)}) WHERE word NOT IN (${known}) ORDER BY n DESC, word LIMIT 5`
  );
  return {
    words,
    unknown,
    standardError: words > 0 ? Math.sqrt(Math.max(0, uu - 2 * share * ut + share * share * tt)) / words : 0,
    examples: examples.map(([word]) => textOf(word)),
  };
}

/** Counts of the baseline's most frequent words on both sides; the last pair is of all others. */
export async function frequentWords(
  db: DuckDBConnection,
  tables: { readonly baseline: string; readonly live: string },
  most: number
): Promise<readonly (readonly [number, number])[]> {
  const rows = await rowsOf(
    db,
    `WITH b AS (${wordCounts(tables.baseline)}), l AS (${wordCounts(tables.live)}),
       top AS (SELECT word, n FROM b ORDER BY n DESC, word LIMIT ${most})
     SELECT top.n, coalesce(l.n, 0), (SELECT sum(n) FROM b), (SELECT coalesce(sum(n), 0) FROM l)
     FROM top LEFT JOIN l ON top.word = l.word ORDER BY top.n DESC, top.word`
  );
  const pairs = rows.map(([b, l]): readonly [number, number] => [Number(b), Number(l)]);
  const [n, m] = [Number(rows[0]?.[2] ?? 0), Number(rows[0]?.[3] ?? 0)];
  const sum = (side: 0 | 1) => pairs.reduce((total, pair) => total + pair[side], 0);
  return [...pairs, [n - sum(0), m - sum(1)]];
}
