import type { CreateTransformJobCommandInput } from '@aws-sdk/client-sagemaker';
import { transformJobName } from '../../sagemaker/names';
import { partName, placeOf, runPlaces, uriOf } from './addresses';
import type { ObjectPlace } from './addresses';
import type { PartObject, Piece } from './pieces';
import type { JobOwner, PartContext } from './types';

/** A transform job of a part: of the model, or of the challenger. */
export interface PartJob {
  readonly context: PartContext;
  readonly by: JobOwner;
}

export function jobName({
  context,
  by,
}: {
  readonly context: Omit<PartContext, 'round'>;
  readonly by: JobOwner;
}): string {
  const { endpoint, batch, opened, part, attempt } = context;
  const { nominalMs, run } = opened;
  const name = by === 'challenger' ? 'c' : String(attempt);
  return transformJobName({ endpoint, batch: batch.name, nominalMs, run, part, attempt: name });
}

/** Where a job's manifest is, and below which prefix its results appear. */
export function jobPlaces({ context, by }: PartJob): { readonly manifest: ObjectPlace; readonly output: ObjectPlace } {
  const { bucket, work } = runPlaces(context);
  const id = `${partName(context.part)}-${by === 'challenger' ? 'c' : `a${context.attempt}`}`;
  return { manifest: { bucket, key: `${work}manifests/${id}.json` }, output: { bucket, key: `${work}out/${id}/` } };
}

/** Every object that a job gets, by its place below the manifest's prefix. */
export function manifestOf(
  job: PartJob,
  of: { readonly objects: readonly PartObject[]; readonly pieces: readonly Piece[] }
): readonly unknown[] {
  const { bucket } = runPlaces(job.context);
  const { bucket: inputBucket } = placeOf(job.context.opened.input);
  const isCopied = of.pieces.some(({ slice }) => slice !== null);
  return [
    { prefix: `s3://${isCopied ? bucket : inputBucket}/` },
    ...of.pieces.map((piece) => entryOf(of.objects, piece)),
  ];
}

/** The key of what the job gets for a piece; its result is named after it. */
export function entryOf(objects: readonly PartObject[], { slice, object }: Piece): string {
  return slice ?? objects[object]?.key ?? '';
}

export function jobInput(job: PartJob): CreateTransformJobCommandInput {
  const { batch, aws, opened } = job.context;
  const { manifest, output } = jobPlaces(job);
  const { filters, concurrency, accept, instance } = batch;
  const model = job.by === 'challenger' ? opened.challenger : opened.model;
  if (model === null) throw new Error('there is no challenger');
  const hasProcessing = filters.input !== undefined || filters.output !== undefined || filters.join === 'Input';
  return {
    TransformJobName: jobName(job),
    ModelName: model.name,
    BatchStrategy: batch.strategy,
    MaxPayloadInMB: batch.payloadMb,
    ...(concurrency !== undefined && { MaxConcurrentTransforms: concurrency }),
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'ManifestFile', S3Uri: uriOf(manifest) } },
      ContentType: batch.contentType,
      SplitType: batch.split,
      ...(batch.compression !== undefined && { CompressionType: batch.compression }),
    },
    TransformOutput: {
      S3OutputPath: uriOf(output).replace(/\/$/, ''),
      ...(accept !== undefined && { Accept: accept }),
      AssembleWith: batch.assemble,
      ...(aws.kms !== undefined && { KmsKeyId: aws.kms }),
    },
    TransformResources: {
      InstanceType: instance.type as NonNullable<CreateTransformJobCommandInput['TransformResources']>['InstanceType'],
      InstanceCount: instance.count,
      ...(aws.kms !== undefined && { VolumeKmsKeyId: aws.kms }),
    },
    ...(hasProcessing && {
      DataProcessing: {
        ...(filters.input !== undefined && { InputFilter: filters.input }),
        ...(filters.output !== undefined && { OutputFilter: filters.output }),
        JoinSource: filters.join,
      },
    }),
  };
}
