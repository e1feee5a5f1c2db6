/** A table of text cells; the first column is left-aligned, the others right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    widths.map((width, i) => (i === 0 ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width))).join('  ');
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;

export const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** Counts from ten on without decimals. */
export const count = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

export const interval = ([low, high]: readonly [number, number]): string =>
  `${(100 * low).toFixed(2)}–${(100 * high).toFixed(2)}`;
