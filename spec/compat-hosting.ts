import { refusal } from './compat-words';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import type { Candidate, HostingShape, RolloutSpec, Stage } from './types';

/** Containers of one inference pipeline: ContainerDefinitionList of SageMaker's API model, and a pipeline of one is none. */
const PIPELINE = { least: 2, most: 15 };

const SHAPE_WORDS: Readonly<Record<HostingShape, string>> = {
  container: 'a single container',
  pipeline: 'an inference pipeline',
  multiModel: 'a multi-model endpoint',
  package: 'a model package',
};

/**
 * Shapes that SageMaker copies no requests for (Developer Guide, "Shadow tests", feature exclusions). How many containers a package has is
 * not in the file: that is checked when it is read.
 */
export const NOT_SHADOWED: readonly HostingShape[] = ['pipeline', 'multiModel'];

/** Models, instances and scaling of each candidate, alone and against the stages. */
export function hostingIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return spec.candidates.flatMap((candidate, index) => {
    const path = ['candidates', index];
    return [
      ...ofPipeline(candidate, path),
      ...ofAlternatives(candidate, path),
      ...ofAutoscaling(candidate, path),
      ...spec.stages.flatMap((stage, at) => ofStage({ candidate, path, stage, at })),
    ];
  });
}

function ofPipeline({ model }: Candidate, path: Path): readonly Incompatibility[] {
  if (model.kind !== 'pipeline') return [];
  const { length } = model.containers;
  if (length >= PIPELINE.least && length <= PIPELINE.most) return [];
  const at = [...path, 'containers'];
  return [
    refusal({
      path: at,
      found: `${length} ${length === 1 ? 'container' : 'containers'}`,
      allowed: `${PIPELINE.least} to ${PIPELINE.most} containers`,
      message: `\`${formatPath(at)}\` has ${length}; an inference pipeline has ${PIPELINE.least} to ${PIPELINE.most}.`,
      remedy:
        length < PIPELINE.least ? 'Write `container: { image: … }`.' : 'Join some of the containers into one `image`.',
    }),
  ];
}

function ofAlternatives({ instance, autoscaling }: Candidate, path: Path): readonly Incompatibility[] {
  const { alternatives = [], type, count } = instance;
  const all = [{ type, count }, ...alternatives];
  return alternatives.flatMap((one, index) => {
    const at = [...path, 'instance', 'alternatives', index];
    const twice = all.slice(0, index + 1).some((other) => other.type === one.type && other.count === one.count);
    if (twice)
      return [
        refusal({
          path: at,
          found: `${one.count} × ${one.type}`,
          allowed: 'instances that were not tried before',
          message: `\`${formatPath(at)}\` is ${one.count} × ${one.type} again, which was tried before.`,
          remedy: 'Remove it, or write another `type` or `count`.',
          restsOn: [[...path, 'instance']],
        }),
      ];
    return autoscaling === undefined ? [] : outOfBounds(one.count, autoscaling, { at: [...at, 'count'], path });
  });
}

function ofAutoscaling({ instance, autoscaling }: Candidate, path: Path): readonly Incompatibility[] {
  if (autoscaling === undefined) return [];
  const at = [...path, 'autoscaling'];
  const { min, max, scheduled } = autoscaling;
  const types = [instance, ...(instance.alternatives ?? [])].map(({ type }) => type);
  const burstable = types.find((type) => type.startsWith('ml.t2.'));
  return [
    ...inverted({ min, max }, at),
    ...scheduled.flatMap((one, index) => inverted(one, [...at, 'scheduled', index])),
    ...(min > max ? [] : outOfBounds(instance.count, autoscaling, { at: [...path, 'instance', 'count'], path })),
    ...(burstable === undefined
      ? []
      : [
          refusal({
            path: at,
            about: 'key' as const,
            found: `autoscaling of ${burstable}`,
            allowed: 'instances other than T2',
            message: `\`${formatPath(at)}\` is not for ${burstable}: SageMaker does not scale burstable instances.`,
            remedy: 'Remove `autoscaling`, or write for example `type: ml.m5.large`.',
            restsOn: [[...path, 'instance']],
          }),
        ]),
  ];
}

function inverted(
  { min, max }: { readonly min: number; readonly max: number },
  path: Path
): readonly Incompatibility[] {
  if (min <= max) return [];
  const at = [...path, 'max'];
  return [
    refusal({
      path: at,
      found: String(max),
      allowed: `at least ${min}, the min`,
      nearest: String(min),
      message: `\`${formatPath(at)}\` is ${max}, below the min of ${min}.`,
      remedy: `Write \`max: ${min}\` or more.`,
      restsOn: [[...path, 'min']],
    }),
  ];
}

function outOfBounds(
  count: number,
  { min, max }: { readonly min: number; readonly max: number },
  place: { readonly at: Path; readonly path: Path }
): readonly Incompatibility[] {
  if (count >= min && count <= max) return [];
  const nearest = String(Math.min(max, Math.max(min, count)));
  return [
    refusal({
      path: place.at,
      found: String(count),
      allowed: `from ${min} to ${max}, the bounds of autoscaling`,
      nearest,
      message: `\`${formatPath(place.at)}\` is ${count}, but autoscaling keeps the count from ${min} to ${max}.`,
      remedy: `Write \`count: ${nearest}\`, or other bounds.`,
      restsOn: [[...place.path, 'autoscaling']],
    }),
  ];
}

interface Meeting {
  readonly candidate: Candidate;
  readonly path: Path;
  readonly stage: Stage;
  /** Index of the stage. */
  readonly at: number;
}

function ofStage({ candidate, path, stage, at }: Meeting): readonly Incompatibility[] {
  if (stage.kind === 'shadow' && stage.engine !== 'gateway') return ofShadow(candidate, path, at);
  if (stage.kind === 'blueGreen' && stage.engine === 'guardrails') return ofGuardrails(candidate, path, at);
  return [];
}

function ofShadow({ model }: Candidate, path: Path, at: number): readonly Incompatibility[] {
  if (!NOT_SHADOWED.includes(model.kind)) return [];
  return [
    refusal({
      path: ['stages', at, 'shadow', 'engine'],
      found: SHAPE_WORDS[model.kind],
      allowed: 'engine: gateway',
      nearest: 'gateway',
      message: `\`stages[${at}]\` shadows ${SHAPE_WORDS[model.kind]}, which SageMaker does not.`,
      remedy: 'Write `engine: gateway` with `routing: { gateway: s3://… }`, or a `canary` in its place.',
      restsOn: [
        [...path, model.kind === 'pipeline' ? 'containers' : 'container'],
        ['stages', at, 'shadow'],
      ],
    }),
  ];
}

/** Both fleets have the incumbent's variant, so its scaling stays with it; and SageMaker alone brings the new fleet up. */
function ofGuardrails({ instance, autoscaling }: Candidate, path: Path, at: number): readonly Incompatibility[] {
  const restsOn = [['stages', at, 'blueGreen', 'engine']];
  const engine = 'or write `engine: weights`.';
  return [
    ...(autoscaling === undefined
      ? []
      : [
          refusal({
            path: [...path, 'autoscaling'],
            about: 'key' as const,
            found: 'autoscaling with blueGreen by guardrails',
            allowed: 'autoscaling with engine: weights',
            message: `\`${formatPath([...path, 'autoscaling'])}\` cannot change in \`stages[${at}]\`: by guardrails the variant keeps its name, and with it the scaling that it has.`,
            remedy: `Remove \`autoscaling\`, ${engine}`,
            restsOn,
          }),
        ]),
    ...(instance.alternatives === undefined
      ? []
      : [
          refusal({
            path: [...path, 'instance', 'alternatives'],
            about: 'key' as const,
            found: 'alternatives with blueGreen by guardrails',
            allowed: 'alternatives with engine: weights',
            message: `\`${formatPath([...path, 'instance', 'alternatives'])}\` cannot be tried in \`stages[${at}]\`: by guardrails SageMaker brings the new fleet up in one go.`,
            remedy: `Remove \`alternatives\`, ${engine}`,
            restsOn,
          }),
        ]),
  ];
}
