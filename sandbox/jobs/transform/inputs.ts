import { createGunzip } from 'node:zlib';
import type { SageMakerContext } from '../../sagemaker/context';
import { noObjects } from '../failure';
import type { InputObject } from '../objects';
import { objectsBelow, objectsOfManifest } from '../objects';
import type { TransformJobRecord } from '../records';
import { BadObject } from './bad-object';

/** The objects that a job transforms. Throws JobFailure when there are none. */
export async function inputObjects(
  context: SageMakerContext,
  { input }: TransformJobRecord
): Promise<readonly InputObject[]> {
  const { S3DataType: type, S3Uri: url } = input.TransformInput.DataSource.S3DataSource;
  const objects =
    type === 'ManifestFile' ? await objectsOfManifest(context.objects, url) : await objectsBelow(context.objects, url);
  if (objects.length === 0) throw noObjects({ url, region: context.region });
  return objects;
}

/** The bytes of an object, unpacked. Throws BadObject where there is none, or it is not packed as the job says. */
export async function* bytesOf(
  context: SageMakerContext,
  { input }: TransformJobRecord,
  object: InputObject
): AsyncGenerator<Buffer> {
  const stored = await context.objects.get(object);
  if (!stored) throw new BadObject('The object does not exist.');
  const source = stored.open();
  if (input.TransformInput.CompressionType !== 'Gzip') {
    yield* source as AsyncIterable<Buffer>;
    return;
  }
  const unpacked = createGunzip();
  source.once('error', (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  try {
    yield* unpacked as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new BadObject(`The object is not in the Gzip format: ${cause instanceof Error ? cause.message : 'unknown'}.`);
  } finally {
    source.destroy();
  }
}
