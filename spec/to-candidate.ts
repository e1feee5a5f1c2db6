import type { RolloutFile } from './schema';
import type { Candidate, ContainerSpec, ModelSource } from './types';

type FileCandidate = RolloutFile['candidates'][number];
type FileContainer = NonNullable<FileCandidate['containers']>[number];

/** The candidates of the file in the words of the program. */
export function toCandidates([first, ...rest]: readonly FileCandidate[]): readonly [Candidate, ...Candidate[]] {
  if (first === undefined) throw new TypeError('a checked rollout file has a candidate');
  return [toCandidate(first), ...rest.map(toCandidate)];
}

function toCandidate(file: FileCandidate): Candidate {
  const { name, instance, autoscaling } = file;
  const { type, alternatives } = instance;
  const leastCount = autoscaling?.min ?? 1;
  return {
    name,
    model: toModel(file),
    instance: {
      type,
      count: instance.count ?? leastCount,
      ...(alternatives.length > 0 && {
        alternatives: alternatives.map((one) => ({ type: one.type, count: one.count ?? leastCount })),
      }),
    },
    ...(autoscaling !== undefined && { autoscaling }),
  };
}

/** What a model is made of, of exactly one of its keys. */
export function toModel({
  container,
  containers,
  modelPackage,
}: Pick<FileCandidate, 'container' | 'containers' | 'modelPackage'>): ModelSource {
  if (containers !== undefined) return { kind: 'pipeline', containers: containers.map(toContainer) };
  if (modelPackage !== undefined) {
    const isAddress = typeof modelPackage === 'string';
    return {
      kind: 'package',
      package: isAddress ? modelPackage : `${modelPackage.group}/${modelPackage.version}`,
    };
  }
  if (container === undefined) throw new TypeError('a checked candidate has a model');
  const { image, artifacts, environment } = container;
  if (artifacts !== undefined) return { kind: 'multiModel', container: { image, artifacts, environment } };
  return { kind: 'container', container: toContainer(container) };
}

function toContainer({ image, artifact, environment }: FileContainer): ContainerSpec {
  return { image, ...(artifact !== undefined && { artifact }), environment };
}
