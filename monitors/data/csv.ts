/** The cells of one record of CSV (RFC 4180), as they were written, without their quotes. A quote that never closes takes the rest. */
export function csvCells(record: string): string[] {
  if (!record.includes('"')) return record.split(',');
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      const end = closingQuote(record, at + 1);
      const comma = record.indexOf(',', end + 1);
      const rest = record.slice(end + 1, comma < 0 ? record.length : comma);
      cells.push(record.slice(at + 1, end).replaceAll('""', '"') + rest);
      if (comma < 0) return cells;
      at = comma + 1;
      continue;
    }
    const comma = record.indexOf(',', at);
    cells.push(record.slice(at, comma < 0 ? record.length : comma));
    if (comma < 0) return cells;
    at = comma + 1;
  }
}

/** The records of CSV text; one may hold line breaks within quotes. Blank lines are none. */
export function csvRecords(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (!text.includes('"')) return lines.filter((line) => line !== '');
  const records: string[] = [];
  let open: string | undefined;
  for (const line of lines) {
    const record: string = open === undefined ? line : `${open}\n${line}`;
    open = isClosed(record) ? undefined : record;
    if (open === undefined && record !== '') records.push(record);
  }
  return open === undefined ? records : [...records, open];
}

/** Whether every quote of a record is closed. */
export function isClosed(record: string): boolean {
  let quotes = 0;
  for (let at = record.indexOf('"'); at >= 0; at = record.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 0;
}

function closingQuote(record: string, from: number): number {
  for (let at = record.indexOf('"', from); at >= 0; at = record.indexOf('"', at + 2))
    if (record[at + 1] !== '"') return at;
  return record.length;
}
