import { describe, expect, test } from '@jest/globals';
import { readGuardsFile } from '../../spec/read-guards';

const guardsOf = (text: string) => {
  const read = readGuardsFile(text);
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.file;
};
const problemsOf = (text: string) => {
  const read = readGuardsFile(text);
  return read.ok ? [] : read.problems;
};

describe('a guards file', () => {
  test('has defaults for everything but the kinds', () => {
    const file = guardsOf('guards: [{ kind: errors }]');
    expect(file).toMatchObject({
      candidate: null,
      tickMs: 60_000,
      horizonMs: 10_800_000,
      maturityMs: null,
      budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 },
    });
    expect(file.guards[0]).toMatchObject({ kind: 'errors', statuses: '5xx', required: true, slo: 0.005 });
  });

  test.each([
    ['{ kind: business }', { promoteWithin: { kind: 'absolute', difference: 0.01 }, unit: 'request' }],
    ['{ kind: goal, unit: user }', { promoteWithin: null, unit: 'user', rollbackAt: { oddsRatio: 1 } }],
    ['{ kind: shadow, slo: 1% }', { slo: 0.01, promoteWithin: { oddsRatio: 1.5 } }],
    [
      '{ kind: latency, incumbent: { p99.9: 900, p50: 80 } }',
      { quantiles: [0.5, 0.999], incumbentMs: [80, 900], promoteWithin: { ratio: 1.25 }, mode: null, weight: 1 },
    ],
    [
      '{ kind: mean, higherIs: better, promoteWithin: { difference: 0.5 } }',
      { points: null, leastN: 200, higherIs: 'better' },
    ],
    [
      '{ kind: shadowScore, higherIs: worse, promoteWithin: { difference: 0.1 }, points: [-1, 0, 1] }',
      { points: [-1, 0, 1] },
    ],
    ['{ kind: split }', { alpha: 0.001, leastExpected: 30, required: false }],
    ['{ kind: captureLoss }', { tolerated: 0.01, required: false }],
    ['{ kind: labelLoss }', { tolerated: null }],
    [
      '{ kind: threshold, metric: CPU, above: 80, allowedFailures: 2, window: 5 }',
      { limit: { above: 80 }, allowedFailures: 2, windowTicks: 5, leastTicks: 1, then: 'rollBack' },
    ],
    ['{ kind: alarm, name: reviews-p99 }', { name: 'reviews-p99', missingData: null, windowTicks: null }],
    ['{ kind: webhook, url: "https://check.example.org/x" }', { url: 'https://check.example.org/x' }],
    [
      '{ kind: outputDrift, threshold: 0.1, then: alert }',
      { distance: 'lInfinity', leastN: 500, everyTicks: 10, then: 'alert' },
    ],
  ])('knows %s', (yaml, expected) => {
    expect(guardsOf(`guards:\n  - ${yaml}\n`).guards[0]).toMatchObject(expected);
  });

  test('shows every mistake with its place, what is allowed and the nearest name', () => {
    const text = [
      'gards: 3',
      'tick: 60',
      'guards:',
      '  - { kind: erors }',
      '  - { kind: latency, incumbent: { p50: 80, p99: 40 }, promotWithin: { ratio: 2 } }',
      '  - { kind: alarm, nam: x, allowedFailures: -1 }',
      '  - { kind: threshold, metric: cpu, above: 3, below: 2 }',
      '  - { name: 3 }',
      '  - { kind: business, promoteWithin: {} }',
    ].join('\n');
    expect(problemsOf(text).map(({ line, path, nearest }) => [line, path, nearest])).toEqual([
      [1, 'gards', 'guards'],
      [2, 'tick', '60s'],
      [4, 'guards[0].kind', 'errors'],
      [5, 'guards[1].incumbent', undefined],
      [5, 'guards[1].promotWithin', 'promoteWithin'],
      [6, 'guards[2].name', undefined],
      [6, 'guards[2].nam', 'name'],
      [6, 'guards[2].allowedFailures', undefined],
      [7, 'guards[3].below', undefined],
      [8, 'guards[4].kind', undefined],
      [9, 'guards[5].promoteWithin', undefined],
    ]);
    const [, , kind] = problemsOf(text);
    expect(kind?.allowed).toMatch(/errors \| quality \| business \| goal \| shadow \| latency/);
  });

  test.each(['', 'guards: []', '- 1', 'guards: {', 'a: &a [*a]', '\u0000'])(
    'is refused, never thrown at: %j',
    (text) => {
      expect(problemsOf(text).length).toBeGreaterThan(0);
    }
  );
});
