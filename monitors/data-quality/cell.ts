/** Text of a cell that DuckDB answered as JSON. */
export const textOf = (cell: unknown): string => (typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? ''));
