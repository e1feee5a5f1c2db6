import { S3Error } from '../errors';
import { SYSTEM_MEMBERS, type Attributes, type SystemMember } from '../storage/records';
import { parseTagHeader } from './tags';

/** S3's limit for user metadata, names and values together. */
const MAX_USER_METADATA_BYTES = 2048;

/** Members of an input that become an object's attributes. */
export type AttributeInput = { readonly [Member in Exclude<SystemMember, 'Expires'>]?: string | undefined } & {
  readonly Expires?: Date | string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly Tagging?: string | undefined;
};

/** Attributes as an input states them. Throws `MetadataTooLarge` and `InvalidTag`. */
export function attributesOf(input: AttributeInput): Attributes {
  const user = input.Metadata ?? {};
  const userBytes = Object.entries(user).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
  if (userBytes > MAX_USER_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', undefined, {
      Size: String(userBytes),
      MaxSizeAllowed: String(MAX_USER_METADATA_BYTES),
    });
  }
  const system: Partial<Record<SystemMember, string>> = {};
  for (const member of SYSTEM_MEMBERS) {
    const value = input[member];
    const text = value instanceof Date ? value.toUTCString() : value;
    const kept = member === 'ContentEncoding' ? withoutFraming(text) : text;
    if (kept !== undefined && kept !== '') system[member] = kept;
  }
  return { system, user, tags: parseTagHeader(input.Tagging) };
}

/** `aws-chunked` frames the request; it is not part of the object's encoding. */
function withoutFraming(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((token) => token.trim())
    .filter((token) => token.toLowerCase() !== 'aws-chunked')
    .join(',');
}

/** Headers that ask for what the sandbox does not do; ignoring them would be a false promise. */
const REFUSED = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-algorithm',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-object-lock-retain-until-date',
  'x-amz-bucket-object-lock-enabled',
  'x-amz-write-offset-bytes',
  'x-amz-if-match-last-modified-time',
  'x-amz-if-match-size',
] as const;

/** ACLs that change nothing in a bucket whose owner owns all objects, S3's default. */
const HARMLESS_ACLS = new Set(['private', 'bucket-owner-full-control']);

/** Throws `NotImplemented` naming the header, or `AccessControlListNotSupported`. */
export function assertSupported(headers: Readonly<Record<string, string>>): void {
  const refused = REFUSED.find((name) => headers[name] !== undefined && headers[name] !== 'false');
  if (refused !== undefined) throw new S3Error('NotImplemented', undefined, { Header: refused });
  const acl = headers['x-amz-acl'];
  const grants = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
  if (grants || (acl !== undefined && !HARMLESS_ACLS.has(acl))) throw new S3Error('AccessControlListNotSupported');
}
