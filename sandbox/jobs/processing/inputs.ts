import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SageMakerContext } from '../../sagemaker/context';
import { parseS3Url } from '../../sagemaker/s3-url';
import { JobFailure, noObjects } from '../failure';
import type { InputObject } from '../objects';
import { objectsBelow, objectsOfManifest } from '../objects';
import type { ProcessingJobRecord } from '../records';
import { hourOfPath } from './hours';

/** Files of one host, each with the place below `/opt/ml` that it is copied to. */
export interface HostFile extends InputObject {
  readonly localPath: string;
}

type Input = NonNullable<ProcessingJobRecord['input']['ProcessingInputs']>[number];

/** What each host gets to read: everything, or its share of the objects in the order of their keys. Throws JobFailure where there is nothing. */
export async function inputsByHost(
  context: SageMakerContext,
  job: ProcessingJobRecord,
  hostCount: number
): Promise<readonly (readonly HostFile[])[]> {
  const hosts: HostFile[][] = Array.from({ length: hostCount }, () => []);
  for (const input of job.input.ProcessingInputs ?? []) {
    const { S3Input: s3 } = input;
    if (!s3?.LocalPath || input.AppManaged) continue;
    const localPath = s3.LocalPath;
    const files = (await objectsOf(context, job, input)).map((object) => ({ ...object, localPath }));
    shareOut(files, hosts, s3.S3DataDistributionType);
  }
  return hosts;
}

/** Gives every host all files, or its share of them in their order. */
export function shareOut(
  files: readonly HostFile[],
  hosts: readonly HostFile[][],
  how: 'FullyReplicated' | 'ShardedByS3Key' | undefined
): void {
  files.forEach((file, index) => {
    if (how === 'ShardedByS3Key') hosts[index % hosts.length]?.push(file);
    else for (const host of hosts) host.push(file);
  });
}

/** The objects that an input names: by its manifest, or below its prefix. */
export async function objectsAt(
  context: SageMakerContext,
  { S3Uri: uri = '', S3DataType: type }: { readonly S3Uri: string | undefined; readonly S3DataType: string | undefined }
): Promise<readonly InputObject[]> {
  return type === 'ManifestFile'
    ? objectsOfManifest(context.objects, uri)
    : belowPrefix(await objectsBelow(context.objects, uri), uri);
}

/** Copies objects to where a host's container reads them. */
export async function download(context: SageMakerContext, files: readonly HostFile[], base: string): Promise<void> {
  for (const { bucket, key, path: below, localPath } of files) {
    const dir = localDir(base, localPath);
    const target = path.resolve(dir, below);
    if (target !== dir && !target.startsWith(dir + path.sep))
      throw new JobFailure(`ClientError: Data download failed:The key ${key} leads out of ${localPath}.`);
    const object = await context.objects.get({ bucket, key });
    if (!object)
      throw new JobFailure(`ClientError: Data download failed:The object s3://${bucket}/${key} does not exist.`);
    await mkdir(path.dirname(target), { recursive: true });
    await pipeline(object.open(), createWriteStream(target));
  }
}

/** The folder on this machine that stands for one below `/opt/ml`. */
export function localDir(base: string, localPath: string): string {
  return path.join(base, path.posix.relative('/opt/ml', path.posix.normalize(localPath)));
}

async function objectsOf(
  context: SageMakerContext,
  job: ProcessingJobRecord,
  input: Input
): Promise<readonly InputObject[]> {
  const { S3Input: s3, InputName: name } = input;
  if (!s3) return [];
  const all = await objectsAt(context, s3);
  const hours = job.monitoring?.hours[name];
  const chosen = hours
    ? all.filter(({ path: below }) => {
        const atMs = hourOfPath(below);
        return atMs !== undefined && atMs >= hours.fromMs && atMs < hours.toMs;
      })
    : all;
  if (job.monitoring?.manifests?.includes(name)) return namedBy(context, chosen);
  if (chosen.length === 0) throw noObjects({ url: s3.S3Uri, region: context.region, roleArn: job.input.RoleArn });
  return chosen;
}

/** What manifests name, each below the folder that its manifest lies in. */
async function namedBy(context: SageMakerContext, manifests: readonly InputObject[]): Promise<readonly InputObject[]> {
  const named = await Promise.all(
    manifests.map(async (manifest) => {
      const objects = await objectsOfManifest(context.objects, `s3://${manifest.bucket}/${manifest.key}`);
      const folder = path.posix.dirname(manifest.path);
      return objects.map((object) => ({ ...object, path: path.posix.join(folder, object.path) }));
    })
  );
  return named.flat();
}

/** A prefix that names a folder without its slash is still that folder; one that names an object becomes a file of its name. */
function belowPrefix(objects: readonly InputObject[], url: string): readonly InputObject[] {
  const prefix = parseS3Url(url)?.key ?? '';
  return objects.map((object) => {
    const rest = object.key.slice(prefix.length).replace(/^\/+/, '');
    return { ...object, path: rest === '' ? path.posix.basename(object.key) : rest };
  });
}
