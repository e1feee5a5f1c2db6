import { fromWeights, type Distribution } from './distribution';
import { LIMITS, type Delta } from './series';

/** `[series, second, values, counts]`, and `[…, count, sum, min, max]` where the values do not say these exactly. */
type Line = readonly [number, number, readonly number[], readonly number[], ...number[]];

export function writeLine(id: number, { second, data }: Delta): string {
  const exact = fromValues([...data.values], [...data.counts]);
  const isExact =
    exact.count === data.count && exact.sum === data.sum && exact.min === data.min && exact.max === data.max;
  const line: Line = [
    id,
    second,
    [...data.values],
    [...data.counts],
    ...(isExact ? [] : [data.count, data.sum, data.min, data.max]),
  ];
  return `${JSON.stringify(line)}\n`;
}

export function readLine(text: string): Delta & { readonly id: number } {
  const [id, second, values, counts, count, sum, min, max] = JSON.parse(text) as Line;
  const data = fromValues(values, counts);
  if (count === undefined || sum === undefined || min === undefined || max === undefined) return { id, second, data };
  return { id, second, data: { ...data, count, sum, min, max } };
}

function fromValues(values: readonly number[], counts: readonly number[]): Distribution {
  return fromWeights(new Map(values.map((value, at) => [value, counts[at] ?? 0])), LIMITS.second);
}
