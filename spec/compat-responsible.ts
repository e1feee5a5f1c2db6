import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import type { BiasGuard } from './guard-kinds';
import type { GuardSpec, RolloutSpec } from './types';

/** Guards on bias and attribution that could not judge, or whose limits mean nothing. */
export function responsibleIncompatibilities(
  spec: RolloutSpec,
  guard: GuardSpec,
  path: Path
): readonly Incompatibility[] {
  switch (guard.kind) {
    case 'bias':
      return [
        ...ofFacet(spec, guard, path),
        ...ofLimit([...path, 'threshold'], guard.threshold),
        ...ofPositive(guard, path),
      ];
    case 'attribution':
      return [...ofLimit([...path, 'ndcg'], guard.ndcg), ...ofModel(spec, guard, path)];
    case 'inputDrift':
      return ofLimit([...path, 'threshold'], guard.threshold);
    default:
      return [];
  }
}

function ofFacet({ schema }: RolloutSpec, { facet }: BiasGuard, path: Path): readonly Incompatibility[] {
  const known = Object.keys(schema.facets ?? {});
  if (known.includes(facet)) return [];
  const at = [...path, 'facet'];
  return [
    {
      path: at,
      about: 'value',
      found: facet,
      allowed: known.length === 0 ? 'a name among `schema.facets`, of which the file has none' : known.join(' | '),
      names: known,
      message: `\`${formatPath(at)}\` is ${facet}, which is not among \`schema.facets\`.`,
      remedy: `Add \`${facet}: '$.${facet}'\` to \`schema.facets\`.`,
      restsOn: [
        [...path, 'kind'],
        ['schema', 'facets'],
      ],
    },
  ];
}

/** All of these limits are shares or differences of shares. */
function ofLimit(at: Path, limit: number): readonly Incompatibility[] {
  if (limit > 0 && limit < 1) return [];
  return [
    {
      path: at,
      about: 'value',
      found: String(limit),
      allowed: 'more than 0 and less than 1',
      message: `\`${formatPath(at)}\` is ${limit}, but what it limits lies between 0 and 1.`,
      remedy: `Write for example \`${String(at.at(-1))}: ${at.at(-1) === 'ndcg' ? 0.9 : 0.1}\`.`,
      restsOn: [],
    },
  ];
}

/** By labels, right and wrong say which prediction is meant only if one is favourable. */
function ofPositive({ metric, positive }: BiasGuard, path: Path): readonly Incompatibility[] {
  const needsIt = metric !== 'DPPL' && metric !== 'DI' && metric !== 'AD';
  if (!needsIt || positive !== null) return [];
  return [
    {
      path: [...path, 'positive'],
      about: 'missing',
      found: 'nothing',
      allowed: 'the favourable label',
      message: `The \`bias\` guard on ${metric} does not say which label is the favourable one.`,
      remedy: 'Write for example `positive: approved`.',
      restsOn: [[...path, 'metric']],
    },
  ];
}

/** A copy of the model is asked, which must be one that can be started alone; without a baseline, the incumbent's too. */
function ofModel(
  { candidates }: RolloutSpec,
  guard: Extract<GuardSpec, { readonly kind: 'attribution' }>,
  path: Path
): readonly Incompatibility[] {
  const multi = candidates.findIndex(({ model }) => model.kind === 'multiModel');
  if (multi === -1) return [];
  return [
    {
      path: [...path, 'kind'],
      about: 'value',
      found: guard.kind,
      allowed: 'attribution together with containers, packages or pipelines',
      message: `The \`attribution\` guard asks a copy of the model, but \`candidates[${multi}]\` hosts many.`,
      remedy: 'Use an `outputDrift` guard, or a candidate with one model.',
      restsOn: [['candidates', multi]],
    },
  ];
}
