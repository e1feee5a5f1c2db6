import { refusal } from './compat-words';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import type { BanditStage, GuardSpec, RolloutSpec } from './types';

/** What belongs to none of the declared segments. */
const OTHER = 'other';
/** Each segment needs traffic enough to learn from, and a split of its own in what gateways read at every refresh. */
const MOST_SEGMENTS = 20;
/** Guards that compare what both arms were sent, as if it were the same: with a split for each segment it is not. */
const BLIND: readonly GuardSpec['kind'][] = ['latency', 'mean', 'split', 'outputDrift', 'bias', 'labelLoss'];

/** Segments that nobody tells apart, or that guards would mix up. */
export function segmentIncompatibilities(
  spec: RolloutSpec,
  { segments }: BanditStage,
  path: Path
): readonly Incompatibility[] {
  if (segments === undefined) return [];
  const at = [...path, 'segments'];
  return [
    ...ofRouting(spec, at),
    ...ofFacet(spec, segments.facet, at),
    ...ofValues(segments.values, at),
    ...blindGuards(spec, at),
  ];
}

function ofRouting({ routing, exposures }: RolloutSpec, path: Path): readonly Incompatibility[] {
  const where = `\`${formatPath(path)}\``;
  if (routing.by === 'weights')
    return [
      refusal({
        path,
        found: 'segments',
        allowed: 'segments together with `routing: { gateway: s3://… }`',
        message: `${where} needs a gateway: variant weights are the same for every request.`,
        remedy: 'Write `routing: { gateway: s3://… }`, or remove `segments`.',
        restsOn: [['routing']],
      }),
    ];
  if (exposures !== undefined) return [];
  return [
    refusal({
      path,
      found: 'segments',
      allowed: 'segments together with exposures',
      message: `${where} needs to know which segment a request was of, but the file does not say where the gateway writes it.`,
      remedy: 'Add `exposures: { from: s3://… }`.',
      restsOn: [['exposures']],
    }),
  ];
}

function ofFacet({ schema }: RolloutSpec, facet: string, path: Path): readonly Incompatibility[] {
  const known = Object.keys(schema.facets ?? {});
  if (known.includes(facet)) return [];
  const at = [...path, 'facet'];
  return [
    refusal({
      path: at,
      found: facet,
      allowed: known.length === 0 ? 'a name among `schema.facets`, of which the file has none' : known.join(' | '),
      names: known,
      message: `\`${formatPath(at)}\` is ${facet}, which is not among \`schema.facets\`.`,
      remedy: `Add \`schema: { facets: { ${facet}: '$.${facet}' } }\`.`,
      restsOn: [['schema', 'facets']],
    }),
  ];
}

function ofValues(values: readonly string[], path: Path): readonly Incompatibility[] {
  const at = [...path, 'values'];
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  const about = (found: string, message: string, remedy: string): Incompatibility =>
    refusal({ path: at, found, allowed: `at most ${MOST_SEGMENTS} different values`, message, remedy });
  if (twice !== undefined) return [about(twice, `\`${formatPath(at)}\` names ${twice} twice.`, 'Name it once.')];
  if (values.includes(OTHER))
    return [
      about(
        OTHER,
        `\`${formatPath(at)}\` names \`other\`, which is what all the rest is called.`,
        'Remove it: what is not named is learnt as `other`.'
      ),
    ];
  if (values.length <= MOST_SEGMENTS) return [];
  return [
    about(
      `${values.length} values`,
      `\`${formatPath(at)}\` has ${values.length} values; each would have a bandit, and a ${values.length}th of the traffic and of the budget for false winners.`,
      'Name the largest; the rest is learnt together.'
    ),
  ];
}

function blindGuards({ guards }: RolloutSpec, path: Path): readonly Incompatibility[] {
  return guards.flatMap((guard, index) => {
    if (!BLIND.includes(guard.kind)) return [];
    return [
      refusal({
        path: ['guards', index, 'kind'],
        found: guard.kind,
        allowed: 'errors, quality, business or goal beside segments, which are compared segment by segment',
        message: `The \`${guard.kind}\` guard compares all requests of the arms, but with a split for each segment the arms get different ones.`,
        remedy: 'Remove the guard, or remove `segments` from the bandit.',
        restsOn: [path],
      }),
    ];
  });
}
