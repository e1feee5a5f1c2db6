import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { packArtifact } from '../../examples/product-reviews/artifact';
import { reviewTransforms } from '../../examples/product-reviews/transforms';
import { transformFiles, type TransformDefinition } from '../../gateway';
import type { RolloutSpec } from '../../spec/types';
import { contextFor, failureOf, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await world.aws.s3.send(new CreateBucketCommand({ Bucket: 'control' }));
  await world.put('s3://control/t.json', JSON.stringify(reviewTransforms));
  await put({});
});
afterAll(() => world.stop());

const LINES = [
  { request: { review: ' <b>Great</b>  phone ', userId: 'ana' }, answer: { predictions: [{ label: 'positive' }] } },
  // Refused, which must be the same words, too.
  { request: { review: 7 }, answer: { predictions: [] } },
];

/** Puts the samples and the container's artifact. */
async function put(input: {
  readonly lines?: readonly object[];
  readonly definition?: TransformDefinition;
  readonly engine?: (text: string) => string;
}): Promise<void> {
  const { lines = LINES, definition = reviewTransforms, engine = (text: string) => text } = input;
  await world.put('s3://control/s.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const files = transformFiles(definition).map((file) =>
    file.path.endsWith('.js') ? { ...file, content: engine(file.content) } : file
  );
  await world.put('s3://control/container/model.tar.gz', packArtifact(files));
}

function specWith(artifact = 's3://control/container/model.tar.gz'): RolloutSpec {
  const side = (SLUICE_TRANSFORM_SIDE: string) => ({
    image: 'transform:1',
    artifact,
    environment: { SLUICE_TRANSFORM_SIDE },
  });
  const containers = [side('request'), { image: 'classifier:1', environment: {} }, side('response')];
  const spec = specFor('reviews', { name: 'v2', model: { kind: 'pipeline', containers } });
  return { ...spec, transforms: { definition: 's3://control/t.json', samples: 's3://control/s.jsonl' } };
}

const check = (spec = specWith()) => world.activities.checkTransforms(contextFor(spec, 1));

describe('before a rollout changes anything, its transforms are compared with those in the container’s artifact:', () => {
  test('the same bytes for every sample, also for what is refused', async () => {
    expect(await check()).toBe(
      'The transforms of gateway and containers give the same bytes: 2 requests of v2, 2 answers of v2.'
    );
  });

  test('a file that declares none has nothing to compare', async () => {
    const { transforms: _, ...spec } = specWith();
    expect(await check(spec)).toBeNull();
  });

  test.each<[string, Parameters<typeof put>[0], string, string]>([
    [
      'another definition',
      { definition: { ...reviewTransforms, response: [{ unwrap: 'predictions[0]' }] } },
      'The response container of v2 transforms otherwise than the gateway: 1 of 2 samples are identical.',
      'the gateway gives 200 {"stars":1}, the container 200 {"label":"positive"}.',
    ],
    [
      'another engine',
      { engine: (text) => text.replace('text.trim()', 'text') },
      'The request container of v2 transforms otherwise than the gateway: 1 of 2 samples are identical.',
      'the gateway gives 200 {"text":"Great phone"}, the container 200 {"text":" Great phone "}.',
    ],
  ])('%s is found out, with both outputs', async (_, input, what, shown) => {
    await put(input);
    const failure = await failureOf(check());
    expect(failure).toMatchObject({ type: 'InvalidRequest', text: expect.stringContaining(what) });
    expect(failure.text).toContain(shown);
    await put({});
  });

  test.each<[string, Parameters<typeof put>[0], RegExp]>([
    ['no sample of a side', { lines: [{ request: {} }] }, /no sample with `answer`, so the response transforms/],
    ['a line that is no sample', { lines: [{ review: 'x' }] }, /^Line 1 of s3:.* is no sample/],
    ['code that does not load', { engine: () => 'throw new TypeError("odd")' }, /cannot be run: TypeError: odd$/],
    [
      'code that looks at what is not its own',
      { engine: (text) => `require('node:fs').readFileSync(${JSON.stringify(__filename)});${text}` },
      /cannot be run: Error: Access to this API has been restricted/,
    ],
    [
      'code that looks for credentials',
      {
        engine: (text) => `if (Object.keys(process.env).length > 0) throw new Error(Object.keys(process.env));${text}`,
      },
      /^$/,
    ],
  ])('%s', async (_, input, expected) => {
    await put(input);
    const text = await check().then(
      () => '',
      (error: Error) => error.message
    );
    expect(text).toMatch(expected);
    await put({});
  });

  test('an artifact without transforms says what it lacks', async () => {
    await world.put('s3://control/other/model.tar.gz', packArtifact([{ path: 'model.json', content: '{}' }]));
    const failure = await failureOf(check(specWith('s3://control/other/model.tar.gz')));
    expect(failure.text).toMatch(/it holds no transform.json and no code\/transform.js; `transformFiles`/);
  });
});
