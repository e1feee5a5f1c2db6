import { refusal } from './compat-words';
import type { Incompatibility } from './problem';
import type { Candidate, ContainerSpec, RolloutSpec } from './types';

/** How a transform container is told which side of the model it stands on (docs/gateway.md). */
export const SIDE_VARIABLE = 'SLUICE_TRANSFORM_SIDE';

export type TransformSide = 'request' | 'response';

/** A container that transforms what goes into the model or comes out of it. */
export interface TransformContainer {
  readonly candidate: string;
  readonly side: TransformSide;
  readonly container: ContainerSpec;
}

/** The containers of all candidates that say that they transform. */
export function transformContainers(candidates: readonly Candidate[]): readonly TransformContainer[] {
  return candidates.flatMap(({ name, model }) =>
    model.kind !== 'pipeline'
      ? []
      : model.containers.flatMap((container): readonly TransformContainer[] => {
          const side = container.environment[SIDE_VARIABLE];
          return side === 'request' || side === 'response' ? [{ candidate: name, side, container }] : [];
        })
  );
}

/** Transforms are declared to be compared with those of a pipeline: without one, nothing would be checked. */
export function transformIncompatibilities({ transforms, candidates }: RolloutSpec): readonly Incompatibility[] {
  if (transforms === undefined) return [];
  const found = transformContainers(candidates);
  const bare = found.filter(({ container }) => container.artifact === undefined);
  if (found.length > 0 && bare.length === 0) return [];
  const [first] = bare;
  return [
    refusal({
      path: ['transforms'],
      about: 'key',
      found:
        first === undefined
          ? 'no transform container'
          : `the ${first.side} container of ${first.candidate}, without an artifact`,
      allowed: `\`containers\` with ${SIDE_VARIABLE} in their environment and an \`artifact\``,
      message:
        first === undefined
          ? '`transforms` are compared with those of an inference pipeline, and no candidate has a transform container.'
          : `\`transforms\` cannot be compared with the ${first.side} container of ${first.candidate}: it has no \`artifact\`.`,
      remedy:
        first === undefined
          ? `Remove \`transforms\`, or write \`environment: { ${SIDE_VARIABLE}: request }\` at the pipeline's container.`
          : 'Write its `artifact: s3://…/model.tar.gz`, which holds transform.json and code/transform.js.',
      restsOn: [['candidates']],
    }),
  ];
}
