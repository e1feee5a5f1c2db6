/** Every payload in what Temporal keeps that a reader without the key could read, search attributes apart. */
export function readable(value: unknown, found: string[] = []): readonly string[] {
  if (Array.isArray(value)) value.forEach((one) => readable(one, found));
  else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const { metadata, data } = value as { metadata?: Record<string, Uint8Array>; data?: Uint8Array };
    const encoding = metadata?.['encoding'];
    if (encoding !== undefined && metadata?.['type'] === undefined) {
      const name = Buffer.from(encoding).toString();
      if (name !== 'binary/encrypted') found.push(`${name}: ${Buffer.from(data ?? []).toString()}`);
    } else for (const one of Object.values(value)) readable(one, found);
  }
  return found;
}

/** All texts and bytes within, bytes as Latin-1, to look for words in. (Not `JSON.stringify`: a `Buffer` becomes numbers before any replacer sees it.) */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textOf).join('\n');
  return String(value);
}
