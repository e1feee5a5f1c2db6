import type { NormalizedSchema } from '@smithy/core/schema';

export const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

/** Escapes text for XML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A Query answer: `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`. */
export function encodeXml(
  operation: string,
  answer: { readonly schema: NormalizedSchema; readonly output: unknown; readonly requestId: string }
): string {
  const { schema, output, requestId } = answer;
  const inner = schema.isStructSchema() ? members(schema, output) : '';
  const result = schema.isUnitSchema() ? '' : `<${operation}Result>${inner}</${operation}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${operation}Response xmlns="${NAMESPACE}">${result}${metadata}</${operation}Response>`;
}

function members(schema: NormalizedSchema, value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const given = new Map<string, unknown>(Object.entries(value));
  let xml = '';
  for (const [name, member] of schema.structIterator()) {
    const part = given.get(name);
    if (part !== undefined && part !== null) xml += `<${name}>${content(member, part)}</${name}>`;
  }
  return xml;
}

function content(schema: NormalizedSchema, value: unknown): string {
  if (schema.isStructSchema()) return members(schema, value);
  if (schema.isListSchema()) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.map((item) => `<member>${content(schema.getValueSchema(), item)}</member>`).join('');
  }
  if (schema.isMapSchema()) {
    const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
    return entries
      .map(
        ([key, item]) =>
          `<entry><key>${escapeXml(key)}</key><value>${content(schema.getValueSchema(), item)}</value></entry>`
      )
      .join('');
  }
  return escapeXml(value instanceof Date ? value.toISOString() : String(value));
}

export function errorXml(error: {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly isFault: boolean;
}): string {
  const { code, message, requestId, isFault } = error;
  const inner = `<Type>${isFault ? 'Receiver' : 'Sender'}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}
