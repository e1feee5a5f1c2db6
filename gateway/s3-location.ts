/** An `s3://bucket/prefix`, its prefix without slashes at the ends. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

/** @throws if the text is not an S3 address */
export function parseS3Location(uri: string): S3Location {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri);
  if (match?.[1] === undefined) throw new Error(`Not an S3 address: ${uri}. Expected s3://bucket/prefix.`);
  return { bucket: match[1], prefix: (match[2] ?? '').replace(/^\/+|\/+$/g, '') };
}

/** `yyyy/mm/dd/hh` in UTC: the folders that SageMaker sorts captures and ground truth into. */
export function hourFolder(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 13).replace('T', '/').replaceAll('-', '/');
}

/** `mm-ss-SSS` within the hour: keys below one hour folder sort by time. */
export function timeInHour(atMs: number): string {
  return new Date(atMs).toISOString().slice(14, 23).replace(/[:.]/g, '-');
}

/** Joins parts of a key; an empty prefix adds no slash. */
export function joinKey(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/**
 * `<prefix>/<folder>/yyyy/mm/dd/hh/` of every hour that touches `[fromMs, toMs)`, in order of time: the key prefixes to list. The folder is
 * the endpoint for counts by their window's start, for exposures by the call's end and for mirrored pairs by the copy's end; the event's name
 * for events by receipt.
 */
export function hourPrefixes(at: {
  readonly prefix: string;
  readonly folder: string;
  readonly fromMs: number;
  readonly toMs: number;
}): readonly string[] {
  const hourMs = 3_600_000;
  const prefixes: string[] = [];
  for (let hour = Math.floor(at.fromMs / hourMs) * hourMs; hour < at.toMs; hour += hourMs) {
    prefixes.push(`${joinKey(at.prefix, at.folder, hourFolder(hour))}/`);
  }
  return prefixes;
}
