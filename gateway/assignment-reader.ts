import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { formatAssignment, parseAssignment, type AssignmentDocument } from './assignment-format';

/** Why there is no assignment to follow, so that the endpoint's weights choose. */
export type NoAssignment =
  /** Nothing is published. */
  | 'missing'
  /** S3 cannot be asked, and nothing was read before. */
  | 'unreachable'
  /** What is published is no assignment of this endpoint, and nothing was read before. */
  | 'malformed'
  /** The last one that could be read has run out. */
  | 'expired';

export type CurrentAssignment =
  | { readonly kind: 'document'; readonly document: AssignmentDocument }
  | { readonly kind: 'none'; readonly why: NoAssignment };

export interface AssignmentReaderOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly endpoint: string;
  /** How old what is followed may become while calls come in. Milliseconds. */
  readonly refreshMs: number;
  readonly now: () => number;
  /** Told once when reading begins to fail, and again when the reason changes. */
  readonly onTrouble: (error: Error) => void;
}

/** Bounds what an unreachable bucket costs: the first call waits this long, later ones not at all. S3 answers in some 50 ms. */
const READ_TIMEOUT_MS = 1_000;

/** Every call may be refused until the news is published; not each of them shall read. */
const NEWS_PAUSE_MS = 200;

/**
 * The newest assignment, out of S3. Reads when calls come, not by a timer: a process that was frozen asks before it answers. The last good
 * one is followed until it expires, whatever happens to the object meanwhile; a lower epoch is never followed.
 */
export class AssignmentReader {
  private document: AssignmentDocument | null = null;
  private why: NoAssignment = 'missing';
  /** Survives the object's deletion. */
  private highestEpoch = 0;
  private etag: string | undefined;
  private tried: { readonly atMs: number; readonly isOk: boolean } | undefined;
  private reading: { readonly done: Promise<void>; readonly isAwaited: boolean } | undefined;
  private trouble: string | undefined;

  constructor(private readonly options: AssignmentReaderOptions) {}

  /** Never throws. Waits for S3 only where it has never been asked, or not for two refresh intervals. */
  async current(): Promise<CurrentAssignment> {
    this.refreshIfDue();
    if (this.reading?.isAwaited === true) await this.reading.done;
    if (this.document === null) return { kind: 'none', why: this.why };
    if (this.options.now() >= Date.parse(this.document.expiresAt)) return { kind: 'none', why: 'expired' };
    return { kind: 'document', document: this.document };
  }

  /** The next call reads anew: the endpoint refused a variant, so there is news. */
  expectNews(): void {
    const { now } = this.options;
    if (this.tried === undefined || Math.abs(now() - this.tried.atMs) < NEWS_PAUSE_MS) return;
    this.tried = { atMs: -Infinity, isOk: false };
  }

  private refreshIfDue(): void {
    const { now, refreshMs } = this.options;
    // A clock that was set back must not stop the reading.
    const ageMs = this.tried === undefined ? Infinity : Math.abs(now() - this.tried.atMs);
    if (this.reading !== undefined || ageMs < refreshMs) return;
    const isAwaited = this.tried === undefined || (this.tried.isOk && ageMs >= 2 * refreshMs);
    const done = this.refresh()
      .then(
        (isOk) => this.note(isOk, undefined),
        (error: unknown) => this.note(false, error instanceof Error ? error : new Error(String(error)))
      )
      .finally(() => (this.reading = undefined));
    this.reading = { done, isAwaited };
  }

  private note(isOk: boolean, error: Error | undefined): void {
    this.tried = { atMs: this.options.now(), isOk };
    if (error !== undefined && error.message !== this.trouble) this.options.onTrouble(error);
    this.trouble = error?.message;
  }

  /** @returns whether S3 answered as it should; @throws with what a person should hear */
  private async refresh(): Promise<boolean> {
    const read = await this.read();
    switch (read.kind) {
      case 'unchanged':
        return true;
      case 'missing':
        this.document = null;
        this.why = 'missing';
        this.etag = undefined;
        return true;
      case 'text':
        this.accept(this.parse(read.text));
        // Only now: what was refused is to be read, and refused, again.
        this.etag = read.etag;
        return true;
    }
  }

  private async read(): Promise<
    | { readonly kind: 'unchanged' | 'missing' }
    | { readonly kind: 'text'; readonly text: string; readonly etag: string | undefined }
  > {
    const { s3, bucket, key } = this.options;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(this.etag !== undefined && { IfNoneMatch: this.etag }),
    });
    try {
      const object = await s3.send(command, { abortSignal: AbortSignal.timeout(READ_TIMEOUT_MS) });
      return { kind: 'text', text: (await object.Body?.transformToString('utf8')) ?? '', etag: object.ETag };
    } catch (cause) {
      const name = cause instanceof Error ? cause.name : '';
      if (name === 'NoSuchKey') return { kind: 'missing' };
      if (statusOf(cause) === 304) return { kind: 'unchanged' };
      if (this.document === null) this.why = 'unreachable';
      throw new Error(`The assignment s3://${bucket}/${key} cannot be read (${name}); ${this.instead()}.`, { cause });
    }
  }

  private parse(text: string): AssignmentDocument {
    const { bucket, key, endpoint } = this.options;
    try {
      const document = parseAssignment(text);
      if (document.endpoint !== endpoint) throw new Error(`it is of the endpoint ${document.endpoint}`);
      return document;
    } catch (cause) {
      if (this.document === null) this.why = 'malformed';
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The assignment s3://${bucket}/${key} cannot be followed (${why}); ${this.instead()}.`, {
        cause,
      });
    }
  }

  private accept(next: AssignmentDocument): void {
    if (next.epoch < this.highestEpoch) {
      throw new Error(
        `The assignment of ${next.endpoint} has gone back from epoch ${this.highestEpoch} to ${next.epoch}; ${this.instead()}.`
      );
    }
    if (this.document?.epoch === next.epoch && !isRenewal(this.document, next)) {
      throw new Error(
        `The assignment of ${next.endpoint} has changed without a new epoch (${next.epoch}); ${this.instead()}.`
      );
    }
    this.document = next;
    this.highestEpoch = next.epoch;
  }

  private instead(): string {
    if (this.document === null) return "until it can, the endpoint's weights decide";
    return `epoch ${this.document.epoch} is followed until ${this.document.expiresAt}`;
  }
}

/** Equal but for its times. */
function isRenewal(one: AssignmentDocument, other: AssignmentDocument): boolean {
  const { publishedAt, expiresAt } = one;
  return formatAssignment({ ...other, publishedAt, expiresAt }) === formatAssignment(one);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
