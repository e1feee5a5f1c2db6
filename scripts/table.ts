import { columns } from '../report/table';

/** Rows in columns, two spaces apart, below a line of headings. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return columns([head, ...rows]);
}
