import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { windowKey, windowOfKey } from '../../rollout';
import type { MonitorRequest, Window } from '../../rollout';
import { isNotFound } from '../../sagemaker/faults';
import { jsonBytes } from '../../monitors/run/folder';
import type { Artefacts, Json } from '../../monitors/types';
import { foldersBelow, listBelow, noneWithoutBucket } from './listing';
import { fewAtATime } from './near';
import type { KeptWindow } from './run-types';

/**
 * What a monitor keeps between its runs lies in S3, by window, so that a run can be repeated, late, or on another worker, and comes to the
 * same (ADR 11): `windows/<window>/outcome.json`, and what its detectors remember after a window in `memory/<window>.json`.
 */
export function monitorHome({ monitor, of }: Pick<MonitorRequest, 'monitor' | 'of'>): string {
  return `${monitor.to}/${of.endpoint}/monitors/${monitor.name}`;
}

export function windowHome(request: MonitorRequest, window: Window): string {
  return `${monitorHome(request)}/windows/${windowKey(window)}`;
}

const DAY_MS = 86_400_000;

/** Windows that were judged and end within `sinceMs` and `untilMs`, oldest first. However long a monitor has lived, no others are listed. */
export async function keptWindows(
  s3: S3Client,
  request: MonitorRequest,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number }
): Promise<readonly KeptWindow[]> {
  const { bucket, prefix } = parseS3Location(`${monitorHome(request)}/windows`);
  // A window of a calendar's day may be an hour longer than others.
  const firstMs = sinceMs - request.monitor.windowMs - DAY_MS;
  const folders = await foldersBelow(s3, {
    ...{ bucket, prefix: `${prefix}/` },
    after: `${prefix}/${keyFrom(firstMs)}`,
    before: `${prefix}/${keyFrom(untilMs)}`,
  }).catch(noneWithoutBucket);
  const windows = [...folders].sort().flatMap((name) => windowOfKey(name) ?? []);
  const wanted = windows.filter(({ toMs }) => toMs > sinceMs && toMs < untilMs);
  const kept = new Array<KeptWindow | null>(wanted.length).fill(null);
  await fewAtATime(wanted, {}, async (window, at) => {
    kept[at] = await keptWindow(s3, request, window);
  });
  return kept.filter((one) => one !== null);
}

/** What the key of a window begins with that begins then: keys are in the order of time. */
export function keyFrom(fromMs: number): string {
  return windowKey({ fromMs: Math.max(0, fromMs), toMs: 0 }).split('-')[0] ?? '';
}

/** What was kept of one window; null when it was not judged. */
export function keptWindow(s3: S3Client, request: MonitorRequest, window: Window): Promise<KeptWindow | null> {
  return readJson<KeptWindow>(s3, `${windowHome(request, window)}/outcome.json`);
}

/** What the detectors remembered after the last window that ended no later than this one began; undefined at first. */
export async function memoryBefore(s3: S3Client, request: MonitorRequest, window: Window): Promise<Json | undefined> {
  const { bucket, prefix } = parseS3Location(`${monitorHome(request)}/memory`);
  // The last one is seldom far; one that ended before this window also began before.
  for (const backMs of [NEAR_WINDOWS * request.monitor.windowMs, FAR_MS, Infinity]) {
    const after = Number.isFinite(backMs) ? { after: `${prefix}/${keyFrom(window.fromMs - backMs)}` } : {};
    const at = { bucket, prefix: `${prefix}/`, ...after, before: `${prefix}/${keyFrom(window.fromMs)}` };
    const before = (await listBelow(s3, at).catch(noneWithoutBucket))
      .flatMap(({ objectKey }) => windowOfKey(objectKey.slice(prefix.length + 1).replace(/\.json$/, '')) ?? [])
      .filter(({ toMs }) => toMs <= window.fromMs)
      .sort((a, b) => a.toMs - b.toMs)
      .at(-1);
    if (before !== undefined) return (await readJson<Json>(s3, memoryUri(request, before))) ?? undefined;
  }
  return undefined;
}

const NEAR_WINDOWS = 20;
const FAR_MS = 40 * DAY_MS;

export function memoryUri(request: MonitorRequest, window: Window): string {
  return `${monitorHome(request)}/memory/${windowKey(window)}.json`;
}

/** A JSON object; null when there is none. */
export async function readJson<T>(s3: S3Client, uri: string): Promise<T | null> {
  const { bucket, prefix } = parseS3Location(uri);
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix }));
    // Only Sluice writes here.
    return JSON.parse((await Body?.transformToString('utf8')) ?? 'null') as T | null;
  } catch (error) {
    if (isNotFound(error) || (error instanceof Error && ['NoSuchBucket', 'NoSuchKey'].includes(error.name)))
      return null;
    throw error;
  }
}

/** SageMaker's files of these names below a prefix, as far as they are there. */
export async function readArtefacts(s3: S3Client, prefix: string, names: readonly string[]): Promise<Artefacts> {
  const found: Record<string, Json> = {};
  for (const name of names) {
    const file = await readJson<Json>(s3, `${prefix}/${name}`);
    if (file !== null) found[name] = file;
  }
  return found;
}

export async function writeJson(s3: S3Client, uri: string, value: unknown): Promise<void> {
  const { bucket, prefix } = parseS3Location(uri);
  const Body = jsonBytes(value);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: prefix, Body, ContentType: 'application/json' }));
}
