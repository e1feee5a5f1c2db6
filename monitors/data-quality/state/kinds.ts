/** What a single value looks like, by Deequ's rules. */
export const VALUE_KINDS = ['Fractional', 'Integral', 'Boolean', 'String', 'Unknown'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** SageMaker's types of a column. */
export type InferredType = 'Integral' | 'Fractional' | 'String' | 'Unknown';

/**
 * Deequ's pattern of a number: a sign may be followed by one space, `.5` and `5.` are text, and so are `NaN` and `inf`. One that has neither a
 * point nor an exponent is a whole number. A number beyond the range of a double is text for us.
 */
const NUMBER = String.raw`[-+]? ?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?`;

/** SQL: the number in a text, null where Deequ would see none. Only for values that match its pattern. Spaces are rare, and looking for one is cheap. */
export const numberSql = (value: string): string =>
  `TRY_CAST(CASE WHEN contains(${value}, ' ') THEN replace(${value}, ' ', '') ELSE ${value} END AS DOUBLE)`;

/** SQL: (position, number, value, kind, n) of a query of (position, value, n). */
export function taggedSql(counted: string): string {
  const kind = `CASE WHEN value IS NULL THEN 'Unknown'
    WHEN isfinite(x) AND regexp_full_match(value, '${NUMBER}')
      THEN CASE WHEN contains(value, '.') OR contains(value, 'e') OR contains(value, 'E') THEN 'Fractional' ELSE 'Integral' END
    WHEN value IN ('true', 'false') THEN 'Boolean'
    ELSE 'String' END`;
  return `SELECT position, CASE WHEN kind IN ('Integral', 'Fractional') THEN x END AS number, value, kind, n
    FROM (SELECT *, ${kind} AS kind FROM (SELECT *, ${numberSql('value')} AS x FROM (${counted})))`;
}

/**
 * Type of a column by the kinds of its values, as Deequ has it: one text makes it text, one fraction makes it fractional. Deequ's
 * Boolean is text in SageMaker's files.
 */
export function inferType(counts: Readonly<Record<ValueKind, number>>): InferredType {
  const { Fractional, Integral, Boolean: booleans, String: texts } = counts;
  if (texts > 0 || booleans > 0) return 'String';
  if (Fractional > 0) return 'Fractional';
  return Integral > 0 ? 'Integral' : 'Unknown';
}

export const isNumeric = (type: InferredType): boolean => type === 'Integral' || type === 'Fractional';

/** Values that a column of this type may hold: a whole number is also a fractional one (`1` for `1.0`), and all is text. */
export function matching(type: InferredType, counts: Readonly<Record<ValueKind, number>>): number {
  const { Fractional, Integral, Boolean: booleans, String: texts } = counts;
  switch (type) {
    case 'Integral':
      return Integral;
    case 'Fractional':
      return Integral + Fractional;
    case 'String':
    case 'Unknown':
      return Integral + Fractional + booleans + texts;
  }
}
