import type {
  AdditionalInferenceSpecificationDefinition,
  InferenceSpecification,
  ModelPackageContainerDefinition,
} from '@aws-sdk/client-sagemaker';
import { notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { parseS3Url } from '../s3-url';

const MAX_ADDITIONAL = 15;

type Additional = readonly Checked<AdditionalInferenceSpecificationDefinition>[];

/** Refuses what SageMaker refuses of the containers of a package: images and artifacts that cannot be had. Throws ValidationException. */
export async function assertSpecification(
  context: SageMakerContext,
  specification: Pick<Checked<InferenceSpecification>, 'Containers'>
): Promise<void> {
  const { Containers: containers } = specification;
  const names = containers.flatMap(({ ContainerHostname: name }) => (name === undefined ? [] : [name]));
  if (containers.length > 1 && names.length > 0 && new Set(names).size < containers.length)
    throw validationException('ContainerHostname must be given for all containers or for none, and must be unique.');
  for (const container of containers) await assertContainer(context, container);
}

/** Throws ValidationException for more named specifications than a package may have, or two of one name. */
export function assertUniqueNames(all: Additional): void {
  if (all.length > MAX_ADDITIONAL)
    throw validationException(`AdditionalInferenceSpecifications cannot have more than ${MAX_ADDITIONAL} entries.`);
  const names = all.map(({ Name }) => Name);
  if (new Set(names).size < names.length)
    throw validationException('The names of AdditionalInferenceSpecifications must be unique.');
}

async function assertContainer(
  context: SageMakerContext,
  container: Checked<ModelPackageContainerDefinition>
): Promise<void> {
  if (container.AdditionalS3DataSource)
    throw validationException('AdditionalS3DataSource is not allowed in InferenceSpecification');
  if (container.AdditionalModelDataSources) throw notImplemented('AdditionalModelDataSources');
  if (container.ProductId !== undefined) throw notImplemented('A container with a ProductId');
  if (container.Image === undefined)
    throw validationException('Image must be specified for every container of an InferenceSpecification.');
  if (container.ModelDataUrl !== undefined && container.ModelDataSource)
    throw validationException('Only one of ModelDataUrl and ModelDataSource can be specified for a container.');
  const { ModelDataUrl: url } = container;
  if (url === undefined || context.knobs.packageData === 'unchecked') return;
  const at = parseS3Url(url);
  if (!at || !(await context.objects.get(at))) throw validationException(`Could not find model data at ${url}.`);
}
