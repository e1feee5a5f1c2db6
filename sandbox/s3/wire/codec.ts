import { XmlCodec } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { S3Error } from '../errors';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** 5 is the date-time format in the SDK's numbering. */
const codec = new XmlCodec({
  xmlNamespace: NAMESPACE,
  serviceNamespace: 'com.amazonaws.s3',
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: true,
});

/** Reads an XML document by the model's schema; throws `MalformedXML`. */
export function readXml(schema: NormalizedSchema, body: Buffer): unknown {
  try {
    const value: unknown = codec.createDeserializer().read(schema, body);
    return value;
  } catch (cause) {
    throw Object.assign(new S3Error('MalformedXML'), { cause });
  }
}

/** Writes an XML document by the model's schema. */
export function writeXml(schema: NormalizedSchema, value: unknown): string {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  const xml = serializer.flush();
  const text = typeof xml === 'string' ? xml : Buffer.from(xml).toString();
  // The codec passes control characters of keys through; S3 sends references.
  const safe = text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${safe}`;
}

/** The one document whose root holds the text itself. */
export function locationXml(region: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="${NAMESPACE}">${region}</LocationConstraint>`;
}
