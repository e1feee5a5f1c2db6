import { joinKey, parseS3Location } from '../../gateway/s3-location';
import type { BatchContext } from '../../batch';

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** An address taken apart; the key is as written, slashes at its end included, because `daily/` and `daily` list differently. */
export function placeOf(uri: string): ObjectPlace {
  const { bucket } = parseS3Location(uri);
  return { bucket, key: uri.slice(`s3://${bucket}`.length).replace(/^\//, '') };
}

export function uriOf({ bucket, key }: ObjectPlace): string {
  return `s3://${bucket}/${key}`;
}

/** Where a run works and where its results go; `_work` is what readers of data lakes pass over. */
export interface RunPlaces {
  readonly bucket: string;
  /** Prefix of the dated place, with a slash at its end. */
  readonly base: string;
  readonly work: string;
  readonly results: string;
  readonly manifest: ObjectPlace;
  readonly quarantine: ObjectPlace;
}

export function runPlaces({ opened }: Pick<BatchContext, 'opened'>): RunPlaces {
  const { bucket, prefix } = parseS3Location(opened.output);
  const base = prefix === '' ? '' : `${prefix}/`;
  return {
    bucket,
    base,
    work: joinKey(`${base}_work`, opened.run, '').replace(/\/?$/, '/'),
    results: `${base}${opened.run}/`,
    manifest: { bucket, key: `${base}manifest.json` },
    quarantine: { bucket, key: `${base}${opened.run}/quarantine.jsonl` },
  };
}

/** What all runs of a batch share: the part of its output before the first place in braces. */
export function latestPlace(output: string): ObjectPlace {
  const fixed = output.replace(/[^/]*\{[^]*$/, '').replace(/\/+$/, '');
  const { bucket, prefix } = parseS3Location(fixed);
  return { bucket, key: joinKey(prefix, 'latest.json') };
}

export function partName(part: number): string {
  return String(part).padStart(4, '0');
}
