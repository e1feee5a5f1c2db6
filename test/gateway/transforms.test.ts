import { describe, expect, test } from '@jest/globals';
import { checkTransforms, compileTransforms, transformFiles, type TransformStep } from '../../gateway';
import { compareTransforms } from '../../gateway/transform/check';
import { refusalOf } from '../../gateway/transform/transforms';

const json = 'application/json';

function requestOf(steps: readonly TransformStep[], value: unknown): string {
  const transforms = compileTransforms({ version: 1, request: steps });
  try {
    return transforms.request({ body: JSON.stringify(value), contentType: json }).body.toString();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return `${refusal.status} ${refusal.body.toString()}`;
  }
}

describe('a step', () => {
  test.each<[string, readonly TransformStep[], unknown, string]>([
    ['renames a key where it stands', [{ rename: 'a', to: 'b' }], { x: 1, a: 2, y: 3 }, '{"x":1,"b":2,"y":3}'],
    ['renames over a key that was there', [{ rename: 'a', to: 'b' }], { a: 1, b: 2 }, '{"b":1}'],
    ['passes over what is not there', [{ rename: 'a.b', to: 'c' }, { drop: 'z' }], { a: 1 }, '{"a":1}'],
    [
      'reaches into every item',
      [{ rename: 'i[*].r', to: 't' }],
      { i: [{ r: 1 }, {}, { r: 2 }] },
      '{"i":[{"t":1},{},{"t":2}]}',
    ],
    ['reaches one item', [{ set: 'i[1].x', value: [] }], { i: [{}, {}] }, '{"i":[{},{"x":[]}]}'],
    ['drops', [{ drop: 'a.b' }], { a: { b: 1, c: 2 } }, '{"a":{"c":2}}'],
    [
      'cleans text, in the order that is written',
      [{ clean: 't', how: ['stripTags', 'collapseSpaces', 'trim', 'lowerCase'] }],
      { t: ' <b>Works</b>\n GREAT ' },
      '{"t":"works great"}',
    ],
    ['composes what looks the same', [{ clean: 't', how: ['normalize'] }], { t: 'e\u0301' }, '{"t":"\u00e9"}'],
    ['leaves numbers uncleaned', [{ clean: 't', how: ['trim'] }], { t: 1 }, '{"t":1}'],
    [
      'maps numbers, texts and truth',
      [{ map: 'v[*]', values: { '1': 'positive', yes: 2, true: null } }],
      { v: [1, '1', 'yes', true] },
      '{"v":["positive","positive",2,null]}',
    ],
    ['maps the rest', [{ map: 'v', values: {}, otherwise: 0 }], { v: 'x' }, '{"v":0}'],
    [
      'refuses a value without a counterpart',
      [{ map: 'v', values: { a: 1 } }],
      { v: 'x' },
      '400 {"error":"v is x, for which there is no value."}',
    ],
    [
      'takes no inherited name for a counterpart',
      [{ map: 'v', values: {} }],
      { v: 'toString' },
      '400 {"error":"v is toString, for which there is no value."}',
    ],
    ['wraps and unwraps', [{ wrap: 'i' }, { wrap: 'j' }, { unwrap: 'j.i' }, { wrap: 'k' }], [1], '{"k":[1]}'],
    ['refuses to unwrap nothing', [{ unwrap: 'a' }], {}, '400 {"error":"a is missing."}'],
    [
      'refuses what is required and missing',
      [{ require: 'a.b', type: 'string' }],
      { a: {} },
      '400 {"error":"a.b must be: string."}',
    ],
    ['refuses another type', [{ require: 'a', type: 'array' }], { a: {} }, '400 {"error":"a must be: array."}'],
    ['refuses a body of another shape', [{ require: 'a', type: 'string' }], [1], '400 {"error":"a is missing."}'],
  ])('%s', (_, steps, value, expected) => {
    expect(requestOf(steps, value)).toBe(expected);
  });
});

describe('a definition', () => {
  test('without steps on a side leaves that side untouched, whatever its type', () => {
    const transforms = compileTransforms({ version: 1, request: [{ drop: 'a' }] });
    const csv = transforms.response({ body: 'a,b\n', contentType: 'text/csv' });
    expect([csv.body.toString(), csv.contentType]).toEqual(['a,b\n', 'text/csv']);
  });

  test('blames the caller for a bad request, and the model for a bad answer', () => {
    const both = compileTransforms({ version: 1, request: [{ drop: 'a' }], response: [{ drop: 'a' }] });
    const statusOf = (act: () => unknown): number | undefined => {
      try {
        act();
        return undefined;
      } catch (error) {
        return refusalOf(error)?.status;
      }
    };
    const given = { body: '{', contentType: json };
    expect(statusOf(() => both.request(given))).toBe(400);
    expect(statusOf(() => both.request({ body: 'a', contentType: 'text/csv' }))).toBe(415);
    expect(statusOf(() => both.response(given))).toBe(500);
  });

  test('with mistakes is refused with all of them, before anything is served', () => {
    const bad = {
      version: 2,
      requests: [],
      request: [
        { rename: 'a..b', to: '__proto__' },
        { clean: 'a', how: ['shout'] },
        { upper: 'a' },
        { drop: 'a', why: 1 },
      ],
      response: [{ unwrap: 'a[*]' }, { wrap: 'a.b' }, { require: 'a', type: 'date' }],
    };
    for (const text of [
      'version is 2',
      'requests is unknown',
      'request[0].rename is no path',
      'request[0].to must be a key',
      'request[1].how must be a list of trim',
      'request[2] is none of require, rename',
      'request[3] has an unknown key why',
      'response[0].unwrap is no path',
      'response[1].wrap is no path',
      'response[2].type must be string',
    ]) {
      expect(() => compileTransforms(bad as never)).toThrow(text);
      expect(() => transformFiles(bad as never)).toThrow(text);
    }
  });
});

describe('the check', () => {
  const outcome = (text: string, status = 200) => ({ status, body: Buffer.from(text) });

  test('passes identical answers only, and says what differs and where', () => {
    const check = compareTransforms([
      { gateway: outcome('{"a":1}'), pipeline: outcome('{"a":1}') },
      { gateway: outcome('{"a":1}'), pipeline: outcome('{"a":2}') },
      { gateway: outcome('x'), pipeline: outcome('x', 500) },
      { gateway: outcome('x'), pipeline: outcome('xy') },
    ]);
    expect(check).toEqual({
      ok: false,
      checked: 4,
      identical: 1,
      differences: [
        { sample: 1, gateway: '200 {"a":1}', pipeline: '200 {"a":2}', firstByte: 5 },
        { sample: 2, gateway: '200 x', pipeline: '500 x', firstByte: null },
        { sample: 3, gateway: '200 x', pipeline: '200 xy', firstByte: 1 },
      ],
      reason: '1 of 4 samples gave identical answers through the gateway and through the pipeline.',
    });
  });

  test('of no sample is no pass', async () => {
    const never = () => Promise.reject(new Error('not to be asked'));
    const transforms = compileTransforms({ version: 1 });
    const check = await checkTransforms({ transforms, samples: [], model: never, pipeline: never });
    expect(check).toMatchObject({ ok: false, checked: 0, reason: expect.stringContaining('nothing is known') });
  });

  test('sees a pipeline with another definition', async () => {
    const transforms = compileTransforms({ version: 1, request: [{ clean: 't', how: ['trim'] }] });
    const other = compileTransforms({ version: 1, request: [{ clean: 't', how: ['lowerCase'] }] });
    const echo = ({ body }: { readonly body: Uint8Array | string }) =>
      Promise.resolve({ status: 200, body: Buffer.from(body), contentType: json });
    const samples = ['fine', 'Loud', ' wide '].map((t) => ({ body: JSON.stringify({ t }), contentType: json }));
    const pipeline = (given: { readonly body: Uint8Array | string; readonly contentType: string }) =>
      echo(other.request(given));
    expect(await checkTransforms({ transforms, samples, model: echo, pipeline })).toMatchObject({
      ok: false,
      identical: 1,
      differences: [{ sample: 1 }, { sample: 2 }],
    });
  });
});
