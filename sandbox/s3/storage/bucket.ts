import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { S3Error } from '../errors';
import { Blobs } from './blobs';
import { Journal } from '../../files/journal';
import { KeyIndex } from './key-index';
import type { BucketEvent, ObjectRecord, PartRecord, UploadRecord } from './records';

/** A multipart upload in progress. */
export interface Upload {
  readonly record: UploadRecord;
  readonly parts: ReadonlyMap<number, PartRecord>;
}

interface OpenUpload extends Upload {
  readonly parts: Map<number, PartRecord>;
}

const JOURNAL = 'journal.jsonl';

/**
 * One bucket: `journal.jsonl` holds every committed change and metadata, `blobs/` the bytes.
 * All changes go through `commit`, which is synchronous: conditions checked right before it cannot be overtaken.
 */
export class Bucket {
  readonly blobs: Blobs;
  private readonly objects = new Map<string, ObjectRecord>();
  private readonly uploads = new Map<string, OpenUpload>();
  private readonly journal: Journal<BucketEvent>;
  private readonly keys = new KeyIndex();
  private tags: Readonly<Record<string, string>> | undefined;
  private origin = { region: 'us-east-1', createdMs: 0 };
  private gone = false;

  private constructor(
    readonly name: string,
    private readonly dir: string,
    open: (replay: (event: BucketEvent) => void) => Journal<BucketEvent>
  ) {
    this.blobs = new Blobs(join(dir, 'blobs'));
    this.journal = open((event) => this.apply(event));
    this.keys = new KeyIndex(this.objects.keys());
    const live = new Set(this.liveBlobs());
    this.blobs.sweep((blob) => live.has(blob));
  }

  static exists(dir: string): boolean {
    return existsSync(join(dir, JOURNAL));
  }

  static create(name: string, dir: string, origin: { region: string; createdMs: number }): Bucket {
    // What an interrupted deletion left is not part of the new bucket.
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const first: BucketEvent = { op: 'bucket', ...origin };
    return new Bucket(name, dir, (replay) => {
      replay(first);
      return Journal.create(join(dir, JOURNAL), [first]);
    });
  }

  static open(name: string, dir: string): Bucket {
    return new Bucket(name, dir, (replay) => Journal.open(join(dir, JOURNAL), replay));
  }

  get region(): string {
    return this.origin.region;
  }

  get createdMs(): number {
    return this.origin.createdMs;
  }

  get bucketTags(): Readonly<Record<string, string>> | undefined {
    return this.tags;
  }

  get objectCount(): number {
    return this.objects.size;
  }

  object(key: string): ObjectRecord | undefined {
    return this.objects.get(key);
  }

  /** Keys in order; see {@link KeyIndex}. */
  get index(): Pick<KeyIndex, 'from' | 'firstOutside'> {
    return this.keys;
  }

  upload(id: string): Upload | undefined {
    return this.uploads.get(id);
  }

  allUploads(): readonly Upload[] {
    return [...this.uploads.values()];
  }

  /** Makes changes durable and visible, all or none. Throws `NoSuchBucket` when the bucket was deleted meanwhile. */
  commit(...events: readonly BucketEvent[]): void {
    if (this.gone) throw new S3Error('NoSuchBucket', undefined, { BucketName: this.name });
    if (events.length === 0) return;
    this.journal.append(events);
    const released = events.flatMap((event) => {
      const before = this.blobsBehind(event);
      const isNew = event.op === 'put' && !this.objects.has(event.object.key);
      const isRemoval = event.op === 'delete' && this.objects.has(event.key);
      this.apply(event);
      if (isNew) this.keys.add(event.object.key);
      if (isRemoval) this.keys.remove(event.key);
      const kept = new Set(event.op === 'put' ? event.object.pieces.map(({ blob }) => blob) : []);
      return before.filter((blob) => !kept.has(blob));
    });
    this.blobs.discard(released);
    this.journal.compactIfWorthwhile(() => this.snapshot());
  }

  close(): void {
    if (this.gone) return;
    this.gone = true;
    this.journal.close();
    this.blobs.close();
  }

  /** Deletes the bucket; it must be empty. */
  destroy(): void {
    this.gone = true;
    this.journal.destroy();
    this.blobs.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private apply(event: BucketEvent): void {
    switch (event.op) {
      case 'bucket':
        this.origin = event;
        break;
      case 'bucketTags':
        this.tags = Object.keys(event.tags).length > 0 ? event.tags : undefined;
        break;
      case 'put':
        this.objects.set(event.object.key, event.object);
        if (event.upload !== undefined) this.uploads.delete(event.upload);
        break;
      case 'delete':
        this.objects.delete(event.key);
        break;
      case 'upload':
        this.uploads.set(event.upload.id, { record: event.upload, parts: new Map() });
        break;
      case 'part':
        this.uploads.get(event.upload)?.parts.set(event.part.number, event.part);
        break;
      case 'abort':
        this.uploads.delete(event.upload);
        break;
    }
  }

  /** Blobs whose record an event replaces or removes. */
  private blobsBehind(event: BucketEvent): readonly string[] {
    switch (event.op) {
      case 'put':
        return [...this.objectBlobs(event.object.key), ...this.uploadBlobs(event.upload)];
      case 'delete':
        return this.objectBlobs(event.key);
      case 'abort':
        return this.uploadBlobs(event.upload);
      case 'part': {
        const before = this.uploads.get(event.upload)?.parts.get(event.part.number);
        return before ? [before.blob] : [];
      }
      case 'bucket':
      case 'bucketTags':
      case 'upload':
        return [];
    }
  }

  private objectBlobs(key: string): readonly string[] {
    return this.objects.get(key)?.pieces.map(({ blob }) => blob) ?? [];
  }

  private uploadBlobs(id: string | undefined): readonly string[] {
    const upload = id === undefined ? undefined : this.uploads.get(id);
    return upload ? [...upload.parts.values()].map(({ blob }) => blob) : [];
  }

  private *liveBlobs(): Generator<string> {
    for (const object of this.objects.values()) for (const { blob } of object.pieces) yield blob;
    for (const upload of this.uploads.values()) for (const { blob } of upload.parts.values()) yield blob;
  }

  private *snapshot(): Generator<BucketEvent> {
    yield { op: 'bucket', region: this.region, createdMs: this.createdMs };
    if (this.tags) yield { op: 'bucketTags', tags: this.tags };
    for (const object of this.objects.values()) yield { op: 'put', object };
    for (const { record, parts } of this.uploads.values()) {
      yield { op: 'upload', upload: record };
      for (const part of parts.values()) yield { op: 'part', upload: record.id, part };
    }
  }
}
