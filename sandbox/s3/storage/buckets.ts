import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { S3Error } from '../errors';
import { Bucket } from './bucket';

/** All buckets below one directory. A bucket is read from disk when it is first used. */
export class Buckets {
  private readonly opened = new Map<string, Bucket>();

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  /** Names in alphabetical order. */
  names(): readonly string[] {
    return readdirSync(this.dir)
      .filter((name) => isBucketName(name) && Bucket.exists(join(this.dir, name)))
      .sort();
  }

  find(name: string): Bucket | undefined {
    const open = this.opened.get(name);
    if (open) return open;
    if (!isBucketName(name) || !Bucket.exists(join(this.dir, name))) return undefined;
    return this.keep(Bucket.open(name, join(this.dir, name)));
  }

  /** The bucket; throws `NoSuchBucket`. */
  get(name: string): Bucket {
    const bucket = this.find(name);
    if (!bucket) throw new S3Error('NoSuchBucket', undefined, { BucketName: name });
    return bucket;
  }

  /** Throws `InvalidBucketName`. The caller has checked that the bucket does not exist. */
  create(name: string, origin: { region: string; createdMs: number }): Bucket {
    if (!isBucketName(name)) throw new S3Error('InvalidBucketName', undefined, { BucketName: name });
    return this.keep(Bucket.create(name, join(this.dir, name), origin));
  }

  destroy(bucket: Bucket): void {
    this.opened.delete(bucket.name);
    bucket.destroy();
  }

  close(): void {
    this.opened.forEach((bucket) => bucket.close());
    this.opened.clear();
  }

  private keep(bucket: Bucket): Bucket {
    this.opened.set(bucket.name, bucket);
    return bucket;
  }
}

/** S3's naming rules for general purpose buckets; they also make a name safe as a directory. */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name)
  );
}
