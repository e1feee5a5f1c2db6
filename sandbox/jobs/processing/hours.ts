/** The hour that a path ends its folders with, `…/yyyy/mm/dd/hh/<file>`, as captured data and labels are stored; in UTC. */
export function hourOfPath(path: string): number | undefined {
  const [, year, month, day, hour] = /(?:^|\/)(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/[^/]+$/.exec(path) ?? [];
  if (year === undefined) return undefined;
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** `yyyy/mm/dd/hh` of a time, in UTC. */
export function hourPath(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10).replaceAll('-', '/')}/${text.slice(11, 13)}`;
}
