import { describe, expect, test } from '@jest/globals';
import { problemsOf, SHORTEST } from './support';

const LABELS = `schema: { prediction: 0 }\ngroundTruth: { from: s3://labels/x, maturity: 1h }\n`;
const EVENTS = `events: { conversion: { from: s3://events }, sale: { from: s3://events, unit: user } }\n`;

/** Message and remedy of every problem of the shortest file with `head` and these guards. */
function toldOf(guards: string, head = ''): readonly (readonly [string, string])[] {
  const text = `${SHORTEST}${head}guards:\n  - { kind: errors }\n  - ${guards}\n`;
  return problemsOf(text).map(({ message, remedy }) => [message, remedy]);
}

describe('a guard whose evidence the file does not give', () => {
  test.each([
    ['{ kind: labelLoss }', 'schema: { prediction: 0 }\n', /`labelLoss` guard needs labels/, /^Add `groundTruth/],
    ['{ kind: outputDrift, threshold: 0.1 }', '', /where the prediction stands/, /^Add `schema/],
    [
      '{ kind: bias, facet: categroy, threshold: 0.1 }',
      "schema: { prediction: 0, facets: { category: '$.category' } }\n",
      /categroy, which is not among `schema.facets`/,
      /^Write `facet: category`/,
    ],
    [
      '{ kind: bias, facet: category, metric: RD, positive: a, threshold: 0.1 }',
      "schema: { prediction: 0, facets: { category: '$.category' } }\n",
      /`bias` guard needs labels/,
      /^Add `groundTruth/,
    ],
    [
      '{ kind: bias, facet: category, metric: RD, threshold: 0.1 }',
      `groundTruth: { from: s3://labels, maturity: 2h }\nschema: { prediction: 0, facets: { category: '$.category' } }\n`,
      /does not say which label is the favourable one/,
      /^Write for example `positive/,
    ],
    ['{ kind: attribution }', '', /does not say which value it looks at/, /^Write for example `value/],
    ['{ kind: shadow }', LABELS, /which only a `shadow` stage has/, /^Use a `quality` guard/],
    [
      '{ kind: shadowScore, higherIs: better, points: [-1, 1], value: 0, promoteWithin: { difference: 0.1 } }',
      '',
      /only a `shadow` stage/,
      /^Use a `mean`/,
    ],
    [
      '{ kind: business, event: conversoin }',
      EVENTS,
      /conversoin, which is not among `events`/,
      /^Write `event: conversion`/,
    ],
    ['{ kind: split }', 'routing: { gateway: s3://control }\n', /a gateway draws users/, /^Add `exposures/],
    ['{ kind: quality, unit: user }', LABELS, /variant weights draw every request anew/, /^Write `unit: request`/],
    [
      '{ kind: quality, unit: user }',
      `${LABELS}routing: { gateway: s3://control }\n`,
      /does not say where the gateway writes whom it answered/,
      /^Add `exposures: .*`, or `schema: \{ user/,
    ],
    [
      '{ kind: quality, unit: { user: 8d } }',
      `${LABELS}routing: { gateway: s3://control }\nexposures: { from: s3://exposures }\n`,
      /count once in 8d; what gateways wrote is read back for at most 7d/,
      /^Write for example `unit: \{ user: 1h \}`/,
    ],
    ['{ kind: goal, event: click }', EVENTS, /click, which is not among `events`/, /^Add `click: /],
    ['{ kind: goal }', EVENTS, /does not say which event/, /^Add `event: conversion`\.$/],
    ['{ kind: business, event: conversion, unit: user }', EVENTS, /names a request/, /^Write `unit: request`/],
    ['{ kind: business, event: sale }', EVENTS, /counts users, but the file does not say/, /^Add `schema: \{ user/],
    ['{ kind: mean, higherIs: better, promoteWithin: { difference: 1 } }', '', /which value it looks at/, /`value: /],
    ['{ kind: captureLoss }', 'capture: { to: s3://capture, sampling: 0% }\n', /`capture.sampling` is 0%/, /^Write/],
  ])('%s is told what is missing', (guard, head, message, remedy) => {
    const file = head.startsWith('capture') ? SHORTEST.replace(/capture: .*\n/, head) : `${SHORTEST}${head}`;
    const problems = problemsOf(`${file}guards:\n  - { kind: errors }\n  - ${guard}\n`);
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  test.each([
    ['{ kind: business, event: conversion }', EVENTS],
    ['{ kind: business, event: sale }', `${EVENTS}schema: { user: $.userId }\n`],
    ['{ kind: goal, event: sale, required: false }', `${EVENTS}exposures: { from: s3://exposures }\n`],
    ['{ kind: split }', 'routing: { gateway: s3://control }\nexposures: { from: s3://exposures }\n'],
    ['{ kind: mean, value: $.score, higherIs: better, promoteWithin: { difference: 1 } }', ''],
    ['{ kind: outputDrift, threshold: 0.1 }', LABELS],
    ['{ kind: inputDrift, threshold: 0.1 }', ''],
    ["{ kind: attribution, value: '$.p', features: ['$.age'], baseline: s3://baselines/v8 }", ''],
    [
      '{ kind: bias, facet: category, metric: DI, threshold: 0.8 }',
      "schema: { prediction: 0, facets: { category: '$.category' } }\n",
    ],
    ['{ kind: latency, incumbent: { p50: 80, p99: 400 } }', ''],
    ['{ kind: threshold, metric: CPUUtilization, above: 80 }', ''],
  ])('%s is fine where it does', (guard, head) => {
    expect(toldOf(guard, head)).toEqual([]);
  });
});

describe('limits that no evidence can meet', () => {
  test.each([
    ['{ kind: latency, promoteWithin: { ratio: 1 } }', /`guards\[1\].promoteWithin.ratio` is 1: a candidate as good/],
    ['{ kind: attribution, value: 0, ndcg: 1 }', /`guards\[1\].ndcg` is 1, but what it limits lies between 0 and 1/],
    ['{ kind: split, alpha: 0% }', /`guards\[1\].alpha` is 0%: no evidence is enough/],
    ['{ kind: alarm, name: x, window: 3, allowedFailures: 3 }', /could never hold more than 3 bad ticks/],
    ['{ kind: alarm, name: x, window: 3, leastTicks: 4 }', /could never hold 4 ticks/],
    ['{ kind: alarm, name: x, window: 500 }', /no more than 240 ticks are remembered/],
    ['{ kind: split }\n  - { kind: split }', /`guards\[2\]` is a second `split` guard/],
  ])('%s is refused', (guard, message) => {
    expect(toldOf(guard).map(([text]) => text)).toEqual([expect.stringMatching(message)]);
  });

  test('a margin between two of the gateway’s latency bounds could not be counted, so a wider one is asked for', () => {
    const head = 'counts: { from: s3://counts }\n';
    expect(toldOf('{ kind: latency, promoteWithin: { ratio: 1.05 } }', head)).toEqual([
      [expect.stringContaining('in steps of up to 1.06'), expect.stringContaining('Write `ratio: 1.06` or more')],
    ]);
    expect(toldOf('{ kind: latency }', head)).toEqual([]);
    expect(toldOf('{ kind: latency, promoteWithin: { ratio: 1.05 } }')).toEqual([]);
    expect(toldOf('{ kind: latency, promoteWithin: { ratio: 1.1 } }', head)).toEqual([]);
  });

  test('alarms, thresholds, events and checks may be several', () => {
    expect(toldOf('{ kind: alarm, name: a }\n  - { kind: alarm, name: b }')).toEqual([]);
  });
});
