import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker';
import { validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { findPackage } from './find';
import type { PackageRecord } from './records';

type Container = Checked<ContainerDefinition>;

/** What may not stand beside a package, because the package says it. */
const SAID_BY_PACKAGE = [
  'Image',
  'ImageConfig',
  'ModelDataUrl',
  'ModelDataSource',
  'AdditionalModelDataSources',
  'Mode',
  'MultiModelConfig',
] as const;

/** The containers of a request with those from packages in place of their names. Throws ValidationException for packages that cannot be used. */
export function withPackages(
  context: SageMakerContext,
  input: Checked<CreateModelCommandInput>
): Checked<CreateModelCommandInput> {
  const asked = input.PrimaryContainer ? [input.PrimaryContainer] : (input.Containers ?? []);
  if (asked.every(({ ModelPackageName: name }) => name === undefined)) return input;
  const containers = asked.flatMap((container) => fromPackage(context, container));
  const { PrimaryContainer: _one, Containers: _several, ...rest } = input;
  const [first] = containers;
  return containers.length === 1 && first && input.PrimaryContainer
    ? { ...rest, PrimaryContainer: first }
    : { ...rest, Containers: containers };
}

function fromPackage(context: SageMakerContext, container: Container): readonly Container[] {
  const { ModelPackageName: name, InferenceSpecificationName: specification, Environment: environment } = container;
  if (name === undefined) return [container];
  const excess = SAID_BY_PACKAGE.filter((member) => container[member] !== undefined);
  if (excess.length > 0)
    throw validationException(`${excess.join(', ')} cannot be specified for a container with a ModelPackageName.`);
  const found = findPackage(context, name);
  assertUsable(context, found);
  const containers = containersIn(found, specification);
  const isOne = containers.length === 1;
  return containers.map((packaged) => {
    const hostname = isOne ? (container.ContainerHostname ?? packaged.ContainerHostname) : packaged.ContainerHostname;
    return {
      Image: packaged.Image,
      ...(packaged.ModelDataUrl === undefined ? {} : { ModelDataUrl: packaged.ModelDataUrl }),
      ...(packaged.ModelDataSource ? { ModelDataSource: packaged.ModelDataSource } : {}),
      ...(hostname === undefined ? {} : { ContainerHostname: hostname }),
      Environment: { ...packaged.Environment, ...environment },
    };
  });
}

function assertUsable(context: SageMakerContext, found: PackageRecord): void {
  if (found.status !== 'Completed')
    throw validationException(
      `ModelPackage ${found.arn} cannot be used: its status is ${found.status}, not Completed.`
    );
  const isChecked = context.knobs.packageApproval === 'createModel';
  if (isChecked && found.group && found.approval !== 'Approved')
    throw validationException(
      `ModelPackage ${found.arn} cannot be used: its approval status is ${found.approval}, not Approved.`
    );
}

function containersIn(found: PackageRecord, name: string | undefined) {
  const { InferenceSpecification: own, AdditionalInferenceSpecifications: others = [] } = found.changeable;
  const specification = name === undefined ? own : others.find((one) => one.Name === name);
  if (specification) return specification.Containers;
  throw validationException(
    name === undefined
      ? `ModelPackage ${found.arn} cannot be used: it has no InferenceSpecification.`
      : `ModelPackage ${found.arn} has no additional inference specification "${name}".`
  );
}
