import { S3Error } from '../errors';
import type { ObjectRecord } from '../storage/records';
import { quoted } from './request';

/** Conditions of a read, under their names in the model. */
export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export interface WriteConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/**
 * Which condition of a read fails, if any. An entity tag beats a date: `If-Unmodified-Since` counts only without
 * `If-Match`, `If-Modified-Since` only without `If-None-Match` (RFC 9110, section 13.2.2).
 */
function failing(object: ObjectRecord, conditions: ReadConditions): keyof ReadConditions | undefined {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  // HTTP dates have whole seconds.
  const modifiedMs = Math.floor(object.modifiedMs / 1000) * 1000;
  if (IfMatch !== undefined && !matches(IfMatch, object.etag)) return 'IfMatch';
  if (IfMatch === undefined && IfUnmodifiedSince && modifiedMs > IfUnmodifiedSince.getTime())
    return 'IfUnmodifiedSince';
  if (IfNoneMatch !== undefined && matches(IfNoneMatch, object.etag)) return 'IfNoneMatch';
  if (IfNoneMatch === undefined && IfModifiedSince && modifiedMs <= IfModifiedSince.getTime()) return 'IfModifiedSince';
  return undefined;
}

/** Throws `PreconditionFailed` (412) or `NotModified` (304). */
export function assertReadable(object: ObjectRecord, conditions: ReadConditions): void {
  switch (failing(object, conditions)) {
    case undefined:
      return;
    case 'IfMatch':
      throw preconditionFailed('If-Match');
    case 'IfUnmodifiedSince':
      throw preconditionFailed('If-Unmodified-Since');
    case 'IfNoneMatch':
    case 'IfModifiedSince':
      throw new S3Error('NotModified', undefined, {
        ETag: quoted(object.etag),
        LastModified: new Date(object.modifiedMs).toUTCString(),
      });
  }
}

/** The source of a copy answers 412 for every failed condition; throws `PreconditionFailed`. */
export function assertCopyable(object: ObjectRecord, conditions: ReadConditions): void {
  const failed = failing(object, conditions);
  if (failed) throw preconditionFailed(`x-amz-copy-source-${failed.replace(/\B[A-Z]/g, '-$&')}`.toLowerCase());
}

/**
 * Checks a conditional write against what is there now; call it right before the commit.
 * Throws `PreconditionFailed`; `NoSuchKey` for `If-Match` without an object; `NotImplemented` for other forms, as S3 does.
 */
export function assertWritable(key: string, object: ObjectRecord | undefined, conditions: WriteConditions): void {
  const { IfMatch, IfNoneMatch } = conditions;
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') {
    throw new S3Error('NotImplemented', undefined, { Header: 'If-None-Match' });
  }
  if (IfNoneMatch !== undefined && object) throw preconditionFailed('If-None-Match');
  if (IfMatch === undefined) return;
  if (!object) throw new S3Error('NoSuchKey', undefined, { Key: key });
  if (!matches(IfMatch, object.etag)) throw preconditionFailed('If-Match');
}

/** Conditions of a deletion; an absent object fails `If-Match`. Throws `PreconditionFailed`. */
export function assertDeletable(object: ObjectRecord | undefined, etag: string | undefined): void {
  if (etag !== undefined && !(object && matches(etag, object.etag))) throw preconditionFailed('If-Match');
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((entry) => {
    const wanted = entry.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
    return wanted === '*' || wanted === etag;
  });
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition });
}
