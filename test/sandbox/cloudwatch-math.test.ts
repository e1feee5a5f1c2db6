import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TimeSeries } from '../../sandbox/cloudwatch/data/windows';
import { evaluate } from '../../sandbox/cloudwatch/math/evaluate';
import { parseExpression } from '../../sandbox/cloudwatch/math/parse';

/** Points by minute; a gap is `null`. */
function minutes(...values: readonly (number | null)[]): TimeSeries {
  const points = new Map<number, number>();
  values.forEach((value, at) => {
    if (value !== null) points.set(at * 60_000, value);
  });
  return { label: 'm', periodSeconds: 60, points };
}

const metrics: Readonly<Record<string, TimeSeries>> = {
  m1: minutes(10, 20, null, 40),
  m2: minutes(1, null, 3, 0),
  errors: minutes(0, 1, 0, 2),
};

function run(text: string): unknown {
  const value = evaluate(
    parseExpression(text),
    (name) => {
      const series = metrics[name];
      return series ? { kind: 'series', series } : undefined;
    },
    {
      grid: () => [0, 60_000, 120_000, 180_000],
      periodSeconds: 60,
      metrics: (text) => Object.entries(metrics).flatMap(([id, series]) => (id.includes(text) ? [series] : [])),
    }
  );
  const list = (series: TimeSeries) => [0, 1, 2, 3].map((minute) => series.points.get(minute * 60_000) ?? null);
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'series') return list(value.series);
  return value.kind === 'list' ? value.items.map(list) : value.word;
}

describe('metric math', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['-2 ^ 2', -4],
    ['2 ^ 3 ^ 2', 512],
    ['(1 + 2) * 3', 9],
    ['3 > 2 AND 1 == 1', 1],
    ['1 > 2 || 2 >= 2', 1],
    ['!(1 == 1)', 0],
    ['m1 + 1', [11, 21, null, 41]],
    ['100 - m1', [90, 80, null, 60]],
    ['m1 + m2', [11, null, null, 40]],
    ['m1 / m2', [10, null, null, null]],
    ['m1 > 15', [0, 1, null, 1]],
    ['m1 >= 10 && m1 < 40', [1, 1, null, 0]],
    ['SUM(m1)', 70],
    ['AVG(m1)', 70 / 3],
    ['MIN(m1)', 10],
    ['MAX(m1)', 40],
    ['DATAPOINT_COUNT(m1)', 3],
    ['STDDEV(m2)', Math.sqrt(14 / 9)],
    ['SUM([m1, m2])', [11, 20, 3, 40]],
    ['MAX([m1, m2])', [10, 20, 3, 40]],
    ['AVG([m1, m2])', [5.5, 20, 3, 20]],
    ['SUM(METRICS())', [11, 21, 3, 42]],
    ['SUM(METRICS("m"))', [11, 20, 3, 40]],
    ['METRICS("err")', [[0, 1, 0, 2]]],
    [
      '[m1, m2] * 2',
      [
        [20, 40, null, 80],
        [2, null, 6, 0],
      ],
    ],
    ['FILL(m1, 0)', [10, 20, 0, 40]],
    ['FILL(m1, REPEAT)', [10, 20, 20, 40]],
    ['FILL(m1, LINEAR)', [10, 20, 30, 40]],
    ['FILL(m1, m2)', [10, 20, 3, 40]],
    [
      'FILL([m1, m2], 7)',
      [
        [10, 20, 7, 40],
        [1, 7, 3, 0],
      ],
    ],
    ['IF(m1 > 15, m1, 0)', [0, 20, null, 40]],
    ['IF(FILL(m1, 0) > 15, 1)', [null, 1, null, 1]],
    ['IF(errors, m1, m2)', [1, 20, 3, 40]],
    ['IF(1, m1, m2)', [10, 20, null, 40]],
    ['RATE(m1)', [null, 10 / 60, null, 20 / 120]],
    ['DIFF(m1)', [null, 10, null, 20]],
    ['DIFF_TIME(m1)', [null, 60, null, 120]],
    ['RUNNING_SUM(m1)', [10, 30, null, 70]],
    ['PERIOD(m1)', 60],
    ['SUM(errors) / PERIOD(errors)', 3 / 60],
    ['ABS(0 - m2)', [1, null, 3, 0]],
    ['CEIL(m1 / 15)', [1, 2, null, 3]],
    ['FLOOR(m1 / 15)', [0, 1, null, 2]],
    ['LOG10(m2)', [0, null, Math.log10(3), null]],
    ['TIME_SERIES(5)', [5, 5, 5, 5]],
    ['FIRST([m2, m1])', [1, null, 3, 0]],
    ['LAST([m2, m1])', [10, 20, null, 40]],
    ['MINUTE(m1)', [0, 1, null, 3]],
    ['errors / (m1 + errors) * 100', [0, (1 / 21) * 100, null, (2 / 42) * 100]],
  ])('%s', (text, expected) => {
    expect(run(text)).toEqual(expected);
  });

  test.each([
    ['', /end of the expression/],
    ['1 +', /end of the expression/],
    ['1 2', /Unexpected '2'/],
    ['(1', /Expected '\)'/],
    ['m9', /id 'm9' is unknown/],
    ['NOSUCH(m1)', /Unknown function NOSUCH/],
    ['SEARCH("{AWS/EC2}", "Sum", 60)', /SEARCH is not implemented/],
    ['m1 $ 2', /Unexpected character/],
    ['[m1, m2] + [m1]', /Unsupported operand/],
    ['"text" + 1', /Unsupported operand/],
    ['('.repeat(5000), /nested too deeply/],
  ])('refuses %.20j', (text, message) => {
    expect(() => run(text)).toThrow(message);
  });

  test('computes what JavaScript computes for plain arithmetic', () => {
    const number = fc.integer({ min: 0, max: 99 }).map(String);
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        number,
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/'), tie('expression'))
          .map(([a, op, b]) => `${a} ${op} ${b}`),
        tie('expression').map((inner) => `(${inner})`)
      ),
    }));
    fc.assert(
      fc.property(expression, (text) => {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- JavaScript is the referee.
        const expected: unknown = new Function(`return ${text}`)();
        expect(run(text)).toEqual(expected);
      })
    );
  });
});
