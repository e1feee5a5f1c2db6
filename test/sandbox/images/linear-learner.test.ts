import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import lexicon from 'sentiment/languages/en/labels.json';
import amazon from 'sentiment/test/fixtures/amazon.json';
import { withBuiltInImages } from '../../../sandbox/images/built-in';
import { deployModel } from '../../support/sandbox/deploy-model';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, startTestSandbox } from '../../support/sandbox/harness';
import type { Example } from '../../support/sandbox/train-linear';
import { modelArchive, scoreOf, trainLinear } from '../../support/sandbox/train-linear';

const IMAGE = '382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1';

interface Prediction {
  readonly score: number;
  readonly predicted_label: number;
}

/** Product reviews as numbers: how much the words praise, how much they complain, and how many there are. */
function reviews(): readonly Example[] {
  const scores = new Map<string, number>(Object.entries(lexicon));
  return amazon.flatMap(({ text, class: label }) => {
    if (label !== 0 && label !== 1) return [];
    const words: readonly string[] = text.toLowerCase().match(/[a-z']+/g) ?? [];
    const values = words.map((word) => scores.get(word) ?? 0);
    const sum = (chosen: readonly number[]): number => chosen.reduce((total, value) => total + value, 0);
    const [praise, complaint] = [sum(values.filter((value) => value > 0)), sum(values.filter((value) => value < 0))];
    return [{ features: [praise, complaint, words.includes('not') ? 1 : 0, words.length], label }];
  });
}

describe('the built-in linear learner', () => {
  const examples = reviews();
  const train = examples.filter((_, index) => index % 5 < 3);
  const heldOut = examples.filter((_, index) => index % 5 >= 3);
  const model = trainLinear(train);
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: {} });
    const archive = await modelArchive({ 'model.json': JSON.stringify(model) });
    const { EndpointStatus } = await deployModel(box, { name: 'reviews', image: IMAGE, archive });
    expect(EndpointStatus).toBe('InService');
  });
  afterAll(() => box.stop());

  async function invoke(endpoint: string, body: string, types: { readonly content: string; readonly accept?: string }) {
    const answer = await box.runtime.invokeEndpoint({
      EndpointName: endpoint,
      Body: body,
      ContentType: types.content,
      ...(types.accept === undefined ? {} : { Accept: types.accept }),
    });
    return { type: answer.ContentType, text: answer.Body.transformToString() };
  }

  const csv = heldOut.map(({ features }) => features.join(',')).join('\n');
  const expected = heldOut.map(({ features }) => scoreOf(model, features));

  test('a model trained on reviews scores unseen ones over the wire as it does at home, and is right about most', async () => {
    const { type, text } = await invoke('reviews', csv, { content: 'text/csv' });
    expect(type).toBe('application/json');
    const { predictions }: { readonly predictions: readonly Prediction[] } = JSON.parse(text);
    expect(predictions).toHaveLength(heldOut.length);
    predictions.forEach(({ score }, index) => expect(score).toBeCloseTo(expected[index] ?? NaN, 12));
    const right = predictions.filter(({ predicted_label }, index) => predicted_label === heldOut[index]?.label).length;
    // Half of the reviews are positive, so chance is 0.5.
    expect(right / heldOut.length).toBeGreaterThan(0.75);
  });

  test('every form of request gives the same predictions', async () => {
    const some = heldOut.slice(0, 3);
    const dense = some.map(({ features }) => ({ features }));
    const long = some.map(({ features: values }) => ({ data: { features: { values } } }));
    const sparse = some.map(({ features }) => {
      const keys = features.flatMap((value, key) => (value === 0 ? [] : [key]));
      return { data: { features: { keys, shape: [features.length], values: keys.map((key) => features[key]) } } };
    });
    const wanted = (
      await invoke('reviews', some.map(({ features }) => features.join(',')).join('\r\n'), { content: 'text/csv' })
    ).text;
    for (const instances of [dense, long, sparse])
      expect(
        (await invoke('reviews', JSON.stringify({ instances }), { content: 'application/json; charset=utf-8' })).text
      ).toBe(wanted);
    const lines = dense.map((one) => JSON.stringify(one)).join('\n');
    expect((await invoke('reviews', lines, { content: 'application/jsonlines' })).text).toBe(wanted);
    const answered = await invoke('reviews', lines, {
      content: 'application/jsonlines',
      accept: 'application/jsonlines',
    });
    expect(answered.type).toBe('application/jsonlines');
    const each: readonly Prediction[] = answered.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect({ predictions: each }).toEqual(JSON.parse(wanted));
  });

  test.each([
    [
      'a record of another width',
      'text/csv',
      '1,2,3,4\n1,2',
      'client error (400)',
      'record 2 has 2 features, the model takes 4',
    ],
    [
      'a word among the numbers',
      'text/csv',
      '1,2,three,4',
      'client error (400)',
      'record 1 holds something that is not a number',
    ],
    ['an empty cell', 'text/csv', '1,,3,4', 'client error (400)', 'is not a number'],
    ['nothing', 'text/csv', '\n', 'client error (400)', 'no record'],
    ['broken JSON', 'application/json', '{"instances":', 'client error (400)', 'not JSON'],
    ['no instances', 'application/json', '{"rows":[]}', 'client error (400)', 'a list "instances"'],
    [
      'a key out of its shape',
      'application/json',
      '{"instances":[{"data":{"features":{"keys":[9],"shape":[4],"values":[1]}}}]}',
      'client error (400)',
      'sparse',
    ],
    [
      'RecordIO',
      'application/x-recordio-protobuf',
      'x',
      'client error (415)',
      'text/csv, application/json, application/jsonlines',
    ],
  ])('%s is refused with its reason', async (_, content, body, side, reason) => {
    const error = await errorOf(invoke('reviews', body, { content }));
    expect(error.name).toBe('ModelError');
    expect(error.message).toContain(side);
    expect(error.message).toContain(reason);
  });

  test('several classes and plain regression answer in their own shapes', async () => {
    const head = { format: 'sandbox-linear-learner', version: 1 };
    const classes = {
      ...head,
      predictorType: 'multiclass_classifier',
      weights: [
        [1, 0],
        [0, 1],
        [-1, -1],
      ],
      bias: [0, 0, 0.5],
    };
    const line = { ...head, predictorType: 'regressor', weights: [2, -3], bias: 0.25 };
    for (const [name, artifact] of Object.entries({ classes, line })) {
      const archive = await modelArchive({ 'model.json': JSON.stringify(artifact) });
      await deployModel(box, { name, image: IMAGE, archive });
    }
    const answer: {
      readonly predictions: readonly { readonly score: readonly number[]; readonly predicted_label: number }[];
    } = JSON.parse((await invoke('classes', '0,2', { content: 'text/csv' })).text);
    const [first] = answer.predictions;
    expect(first?.predicted_label).toBe(1);
    const powers = [Math.exp(0), Math.exp(2), Math.exp(-1.5)];
    const total = powers.reduce((sum, power) => sum + power, 0);
    powers.forEach((power, index) => expect(first?.score[index]).toBeCloseTo(power / total, 12));
    expect(JSON.parse((await invoke('line', '1,2\n0,0', { content: 'text/csv' })).text)).toEqual({
      predictions: [{ score: -3.75 }, { score: 0.25 }],
    });
  });

  test('an artifact that it cannot read fails the endpoint, and the reason says what is wrong with it', async () => {
    const archive = await modelArchive({ 'model.json': JSON.stringify({ ...model, weights: [1, 'two'] }) });
    const { EndpointStatus, FailureReason } = await deployModel(box, { name: 'wrong', image: IMAGE, archive });
    expect(EndpointStatus).toBe('Failed');
    expect(FailureReason).toContain('model.json: weights must be a list of numbers');
  });

  test('what the user names for the same image comes first', () => {
    const own = { command: ['mine'] };
    expect(Object.entries(withBuiltInImages({ '*/linear-learner:*': own }))[0]).toEqual(['*/linear-learner:*', own]);
    expect(withBuiltInImages({ '*linear-learner:*': own })['*linear-learner:*']).toEqual(own);
  });
});
