import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { windowKey, windowOfKey } from '../../rollout';
import type { MonitorRequest, Window } from '../../rollout';
import { isNotFound } from '../../sagemaker/faults';
import { jsonBytes } from '../../monitors/run/folder';
import type { Artefacts, Json } from '../../monitors/types';
import { createObjectReader } from '../evidence/objects';
import { foldersBelow } from './objects';
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

/** Windows that were judged and end within `sinceMs` and `untilMs`, oldest first. */
export async function keptWindows(
  s3: S3Client,
  request: MonitorRequest,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number }
): Promise<readonly KeptWindow[]> {
  const { bucket, prefix } = parseS3Location(`${monitorHome(request)}/windows`);
  const folders = await foldersBelow(s3, { bucket, prefix: `${prefix}/` }).catch(noneWithoutBucket);
  const windows = [...folders].sort().flatMap((name) => windowOfKey(name) ?? []);
  const kept: KeptWindow[] = [];
  for (const window of windows.filter(({ toMs }) => toMs > sinceMs && toMs < untilMs)) {
    const found = await readJson<KeptWindow>(s3, `${windowHome(request, window)}/outcome.json`);
    if (found !== null) kept.push(found);
  }
  return kept;
}

/** What was kept of one window; null when it was not judged. */
export function keptWindow(s3: S3Client, request: MonitorRequest, window: Window): Promise<KeptWindow | null> {
  return readJson<KeptWindow>(s3, `${windowHome(request, window)}/outcome.json`);
}

/** What the detectors remembered after the last window that ended no later than this one began; undefined at first. */
export async function memoryBefore(s3: S3Client, request: MonitorRequest, window: Window): Promise<Json | undefined> {
  const { bucket, prefix } = parseS3Location(`${monitorHome(request)}/memory`);
  const objects = await createObjectReader(s3).list({ bucket, prefix: `${prefix}/` });
  const before = objects
    .flatMap(({ key }) => windowOfKey(key.slice(prefix.length + 1).replace(/\.json$/, '')) ?? [])
    .filter(({ toMs }) => toMs <= window.fromMs)
    .sort((a, b) => a.toMs - b.toMs)
    .at(-1);
  if (before === undefined) return undefined;
  return (await readJson<Json>(s3, memoryUri(request, before))) ?? undefined;
}

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

function noneWithoutBucket(error: unknown): readonly string[] {
  if (error instanceof Error && error.name === 'NoSuchBucket') return [];
  throw error;
}
