import { GetObjectCommand } from '@aws-sdk/client-s3';
import { parseS3Location } from '../gateway/s3-location';
import { compareTransforms } from '../gateway/transform/check';
import type { TransformOutcome } from '../gateway/transform/check';
import { compileTransforms, refusalOf } from '../gateway/transform/transforms';
import type { TransformBody, TransformDefinition, Transforms } from '../gateway/transform/transforms';
import { FailureError } from '../sagemaker/faults';
import { transformContainers } from '../spec/compat-transforms';
import type { TransformContainer, TransformSide } from '../spec/compat-transforms';
import { runContainerTransforms } from './container-transforms';
import type { ActivityDeps } from './deps';
import type { RolloutContext } from './types';

const CONTENT_TYPE = 'application/json';

/**
 * Do the gateway's transforms and those of the candidates' containers give the same bytes on every sample? Before anything is changed: the
 * containers' code is run as it lies in their artifacts. Says what was compared; fails with both outputs where they differ.
 */
export async function checkContainerTransforms(deps: ActivityDeps, { spec }: RolloutContext): Promise<string | null> {
  const { transforms, candidates } = spec;
  if (transforms === undefined) return null;
  const own = compiled(await textAt(deps, transforms.definition), transforms.definition);
  const samples = parseSamples(await textAt(deps, transforms.samples), transforms.samples);
  const said: string[] = [];
  for (const one of transformContainers(candidates))
    said.push(await compareSide(deps, { one, own, bodies: bodiesOf(samples, one.side, transforms.samples) }));
  return `The transforms of gateway and containers give the same bytes: ${said.join(', ')}.`;
}

interface Sample {
  readonly request?: unknown;
  readonly answer?: unknown;
}

async function compareSide(
  deps: ActivityDeps,
  input: { readonly one: TransformContainer; readonly own: Transforms; readonly bodies: readonly TransformBody[] }
): Promise<string> {
  const { one, own, bodies } = input;
  const { candidate, side, container } = one;
  const theirs = await runContainerTransforms(deps, { artifact: container.artifact ?? '', side, samples: bodies });
  const pairs = bodies.flatMap((body, i) => {
    const pipeline = theirs[i];
    return pipeline === undefined ? [] : [{ gateway: outcomeOf(own, side, body), pipeline }];
  });
  const check = compareTransforms(pairs);
  if (check.ok) return `${check.checked} ${side === 'request' ? 'requests' : 'answers'} of ${candidate}`;
  const [first] = check.differences;
  const shown =
    first === undefined
      ? ''
      : ` Sample ${first.sample + 1} (${String(bodies[first.sample]?.body).slice(0, 200)}): the gateway gives ${first.gateway}, the container ${first.pipeline}.`;
  throw new FailureError(
    'InvalidRequest',
    `The ${side} container of ${candidate} transforms otherwise than the gateway: ${check.identical} of ${check.checked} samples are identical.${shown}`
  );
}

function outcomeOf(transforms: Transforms, side: TransformSide, given: TransformBody): TransformOutcome {
  try {
    return { status: 200, body: transforms[side](given).body };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return refusal;
  }
}

function bodiesOf(samples: readonly Sample[], side: TransformSide, at: string): readonly TransformBody[] {
  const values = samples.map((sample) => (side === 'request' ? sample.request : sample.answer));
  const bodies = values.flatMap((value) =>
    value === undefined ? [] : [{ body: JSON.stringify(value), contentType: CONTENT_TYPE }]
  );
  if (bodies.length > 0) return bodies;
  const key = side === 'request' ? 'request' : 'answer';
  throw new FailureError(
    'InvalidRequest',
    `${at} has no sample with \`${key}\`, so the ${side} transforms would go unchecked.`
  );
}

function compiled(text: string, at: string): Transforms {
  try {
    return compileTransforms(JSON.parse(text) as TransformDefinition);
  } catch (cause) {
    throw new FailureError('InvalidRequest', `${at}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function parseSamples(text: string, at: string): readonly Sample[] {
  return text.split('\n').flatMap((line, i): readonly Sample[] => {
    if (line.trim() === '') return [];
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && ('request' in value || 'answer' in value)) return [value];
    } catch {
      // Said below.
    }
    throw new FailureError(
      'InvalidRequest',
      `Line ${i + 1} of ${at} is no sample: write {"request": …, "answer": …}, what the application sends and what the model answers.`
    );
  });
}

async function textAt({ aws }: ActivityDeps, uri: string): Promise<string> {
  const { bucket, prefix } = parseS3Location(uri);
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix }));
  return (await object.Body?.transformToString('utf8')) ?? '';
}
