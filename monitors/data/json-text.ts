/**
 * JSON whose numbers are texts, as they were written: `1.0` stays `1.0` and long integers keep their digits, which `JSON.parse` alone
 * would lose. Also takes `NaN` and `Infinity`, as Python writes them.
 */
export type JsonText = string | boolean | null | readonly JsonText[] | { readonly [key: string]: JsonText };

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/g;

/** Returns undefined where the text is no JSON. */
export function parseJsonText(text: string): JsonText | undefined {
  try {
    return JSON.parse(
      text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`))
    ) as JsonText;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: JsonText | undefined): value is { readonly [key: string]: JsonText } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonList(value: JsonText | undefined): value is readonly JsonText[] {
  return Array.isArray(value);
}

/** A value as the text of a cell; what is not flat, as JSON. */
export function cellOf(value: JsonText | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}
