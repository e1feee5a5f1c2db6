import { randomUUID } from 'node:crypto';
import type { SageMakerContext } from '../../sagemaker/context';
import { parseS3Url } from '../../sagemaker/s3-url';
import { hourPath } from '../processing/hours';
import type { TransformJobRecord } from '../records';

/** An object that was transformed, and where its output is. */
export interface Transformed {
  readonly input: { readonly bucket: string; readonly key: string };
  readonly output: { readonly bucket: string; readonly key: string };
}

/**
 * Batch data capture: manifests of what was read and written, below `<destination>/input/yyyy/mm/dd/hh/` and `output/…` by the hour in which the
 * job began. (SageMaker Developer Guide, "Capture data from batch transform job".)
 */
export async function writeCapture(
  context: SageMakerContext,
  job: TransformJobRecord,
  done: readonly Transformed[]
): Promise<void> {
  const capture = job.input.DataCaptureConfig;
  const at = capture && parseS3Url(capture.DestinationS3Uri);
  if (!at || done.length === 0) return;
  const base = at.key === '' || at.key.endsWith('/') ? at.key : `${at.key}/`;
  for (const side of ['input', 'output'] as const) {
    const key = `${base}${side}/${hourPath(job.startMs ?? job.createdMs)}/${randomUUID()}.json`;
    const body = Buffer.from(JSON.stringify(manifestOf(done.map((one) => one[side]))), 'utf8');
    await context.objects.put({ bucket: at.bucket, key, body, contentType: 'application/json' });
  }
}

function manifestOf(objects: readonly { readonly bucket: string; readonly key: string }[]): readonly unknown[] {
  const bucket = objects[0]?.bucket ?? '';
  const common = commonFolder(objects.map(({ key }) => key));
  return [{ prefix: `s3://${bucket}/${common}` }, ...objects.map(({ key }) => key.slice(common.length))];
}

/** The longest beginning of all keys that ends with a slash. */
function commonFolder(keys: readonly string[]): string {
  const [first = '', ...others] = keys;
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && others.some((key) => !key.startsWith(first.slice(0, end))))
    end = first.lastIndexOf('/', end - 2) + 1;
  return first.slice(0, end);
}
