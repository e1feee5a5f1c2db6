/** Reads one field out of a text; undefined where it is not there. */
export type FieldReader = (text: string) => string | undefined;

/**
 * Reads one field: by a JSON path of names and indices (`$.predictions[0].label`), or by a column number of CSV (`0`). Null for what is neither.
 */
export function fieldAt(path: string): FieldReader | null {
  if (/^\d+$/.test(path)) {
    const column = Number(path);
    return (text) => csvFields(text)[column];
  }
  const steps = [...path.matchAll(/\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]/g)].map(
    (match) => match[1] ?? match[3] ?? Number(match[2])
  );
  if (!path.startsWith('$') || steps.length === 0) return null;
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    for (const step of steps)
      value =
        typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;
  };
}

/** The fields of the first line of CSV (RFC 4180). */
export function csvFields(text: string): readonly string[] {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,)?/.exec(rest);
    if (match === null) return fields;
    fields.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
    if (match[3] === undefined) return fields;
    rest = rest.slice(match[0].length);
  }
}
