import { parseS3Location } from '../../gateway/s3-location';
import { baselineScores } from '../../monitors/attribution/artefacts';
import type { Json } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { ObjectReader } from './objects';

const FILE = 'analysis.json';

/**
 * Global scores of a baseline's `analysis.json`, ours or Clarify's, in the order of `places`. A place is known by the last name in it, or, where none
 * is, by its position. Fails with `InvalidRequest` where the baseline is not there or is about other features.
 */
export async function readScores(
  objects: ObjectReader,
  {
    from,
    places,
    mayLack,
  }: {
    readonly from: string;
    readonly places: readonly string[];
    /** A word that is not known scores nothing. */ readonly mayLack: boolean;
  }
): Promise<{ readonly scores: readonly number[] }> {
  const { bucket, prefix } = parseS3Location(from);
  const refs = await objects.list({ bucket, prefix: prefix === '' ? FILE : `${prefix.replace(/\/$/, '')}/${FILE}` });
  const [ref] = refs;
  if (ref === undefined) throw new FailureError('InvalidRequest', `There is no ${from}/${FILE}.`);
  const known = baselineScores(await objects.read(ref, parseAnalysis));
  const [label] = known;
  if (label === undefined) throw new FailureError('InvalidRequest', `${from}/${FILE} holds no attributions.`);
  const byName = new Map(label.scores);
  const named = places.map((place) => byName.get(place) ?? byName.get(lastName(place)));
  if (mayLack || named.every((score) => score !== undefined)) return { scores: named.map((score) => score ?? 0) };
  if (label.scores.length === places.length) return { scores: label.scores.map(([, score]) => score) };
  const missing = places.filter((_, i) => named[i] === undefined).slice(0, 3);
  throw new FailureError(
    'InvalidRequest',
    `${from}/${FILE} has ${label.scores.length} features, the requests ${places.length}; it does not know ${missing.join(', ')}.`
  );
}

function parseAnalysis(text: string): Json {
  return JSON.parse(text) as Json;
}

/** `$.instances[0].age` is about `age`. */
const lastName = (place: string): string => /([\w-]+)(?:'\])?(?:\[\d+\])*$/.exec(place)?.[1] ?? place;
