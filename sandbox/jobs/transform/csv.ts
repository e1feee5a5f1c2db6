/** Reads one CSV record (RFC 4180) without line breaks in it; `undefined` when its quotes do not fit. */
export function parseCsvRow(line: string): readonly string[] | undefined {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const [taken, quoted, plain = '', end = ''] = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(rest) ?? [];
    if (taken === undefined) return undefined;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
    rest = rest.slice(taken.length);
  }
}

/** Writes one CSV record; a cell is quoted when it has to be. */
export function writeCsvRow(cells: readonly unknown[]): string {
  return cells
    .map((cell) => {
      const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
