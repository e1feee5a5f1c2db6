import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { rolloutFileJsonSchema } from '../../spec/json-schema';
import { FULL, SHORTEST, STAGES, told } from './support';

/** The editor sees the file as data; `strict` would refuse the union type of `schema.prediction`. */
const accepts = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  rolloutFileJsonSchema()
);

const EXAMPLES = path.resolve(__dirname, '../../examples');
const exampleFiles = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.ya?ml$/.test(name) && path.basename(name) !== 'release.yaml'
);

describe('the published JSON Schema', () => {
  test.each([
    ['the shortest file', SHORTEST],
    ['the fullest file', FULL],
    ['the file with every stage', STAGES],
    [
      'stages with nothing to set',
      `${SHORTEST}stages: [{ calibrate: {} }, { linear: {} }, { abTest: {} }, { blueGreen: {} }]\n`,
    ],
    ['a watch with nothing to set', `${SHORTEST}watch: {}\n`],
    ['a CSV column', `${SHORTEST}schema: { prediction: 2 }\n`],
    ['no slo', `${SHORTEST}guards: [{ kind: errors, slo: none }]\n`],
    ['an approval with nothing to set', `${SHORTEST}stages: [{ approval: {} }, { canary: {} }]\n`],
    ['an empty variable', SHORTEST.replace('image:', 'environment: { EMPTY: "" }, image:')],
  ])('accepts %s, as the reader does', (_, text) => {
    expect(told(text)).toEqual([]);
    expect(accepts(parse(text))).toBe(true);
  });

  test.each([
    ['an unknown key', `${SHORTEST}colour: red\n`],
    ['an unknown key deep inside', SHORTEST.replace('image:', 'imag: x, image:')],
    ['a missing endpoint', SHORTEST.replace('endpoint: product-reviews\n', '')],
    ['a missing image', SHORTEST.replace('image: sentiment:8, ', '')],
    ['no candidates', SHORTEST.replace(/candidates:[^]*/, 'candidates: []\n')],
    ['an illegal name', SHORTEST.replace('product-reviews', 'product_reviews')],
    ['a number for a duration', `${SHORTEST}tick: 60\n`],
    ['a duration with a wrong unit', `${SHORTEST}tick: 60sec\n`],
    ['an empty duration', `${SHORTEST}tick: ''\n`],
    ['a share without sign', `${SHORTEST}budget: { falseWinner: 5 }\n`],
    ['an unknown word', `${SHORTEST}onInconclusive: wait\n`],
    ['an unknown guard', `${SHORTEST}guards: [{ kind: latenci }]\n`],
    ["another guard's key", `${SHORTEST}guards: [{ kind: errors, metric: accuracy }]\n`],
    ['two margins', `${SHORTEST}guards: [{ kind: errors, promoteWithin: { oddsRatio: 2, absolute: 2% } }]\n`],
    ['no margin', `${SHORTEST}guards: [{ kind: errors, promoteWithin: {} }]\n`],
    ['no way to shift', `${SHORTEST}stages: [{ blueGreen: { engine: guardrails, shift: {} } }]\n`],
    ['routing by a word that is none', `${SHORTEST}routing: gateway\n`],
    ['routing to nowhere', `${SHORTEST}routing: { expires: 5m }\n`],
    ['a token without an issuer', `${SHORTEST}stages: [{ canary: {} }, { approval: { identity: { token: {} } } }]\n`],
    ['an A/B test that never ends', `${SHORTEST}stages: [{ abTest: { until: { decided: false } } }]\n`],
    ['two stages in one item', `${SHORTEST}stages: [{ canary: {}, approval: {} }]\n`],
    ['an empty stage', `${SHORTEST}stages: [{}]\n`],
    ['no end of a stage', `${SHORTEST}stages: [{ canary: { until: { atMost: 2h } } }]\n`],
    ['two ends of a stage', `${SHORTEST}stages: [{ canary: { until: { decided: true, requests: 5 } } }]\n`],
    ['no instances', `${SHORTEST}    instance: { count: 0 }\n`],
    ['an instance without ml.', `${SHORTEST}    instance: { type: m5.large }\n`],
    ['an address without s3', SHORTEST.replace('s3://capture', 'capture')],
    ['a model that is not packed', SHORTEST.replace('model.tar.gz', 'model.pt')],
    ['a number for a variable', SHORTEST.replace('image:', 'environment: { PORT: 80 }, image:')],
  ])('refuses %s, as the reader does', (_, text) => {
    expect(told(text)).not.toEqual([]);
    expect(accepts(parse(text))).toBe(false);
  });

  test('explains every key, for the editor', () => {
    expect(undescribed(rolloutFileJsonSchema(), '')).toEqual([]);
  });

  test('shows defaults in the words of the file', () => {
    expect(rolloutFileJsonSchema()).toMatchObject({
      properties: { tick: { default: '60s' }, capture: { required: ['to'] } },
    });
  });
});

describe('the examples', () => {
  test('exist', () => {
    expect(exampleFiles.length).toBeGreaterThan(0);
  });

  test.each(exampleFiles)('%s is accepted by the reader and by the JSON Schema', (name) => {
    const text = readFileSync(path.join(EXAMPLES, name), 'utf8');
    expect(told(text)).toEqual([]);
    expect(accepts(parse(text))).toBe(true);
  });
});

/** Names of properties without a description. */
function undescribed(schema: unknown, name: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const {
    properties = {},
    items,
    oneOf = [],
    anyOf = [],
  } = schema as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
    readonly items?: unknown;
    readonly oneOf?: readonly unknown[];
    readonly anyOf?: readonly unknown[];
  };
  const own = Object.entries(properties).flatMap(([key, inner]) => [
    ...(inner.description === undefined ? [`${name}.${key}`] : []),
    ...undescribed(inner, `${name}.${key}`),
  ]);
  return [...own, ...[items, ...oneOf, ...anyOf].flatMap((inner) => undescribed(inner, name))];
}
