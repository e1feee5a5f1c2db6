import { describe, expect, test } from '@jest/globals';
import { formatDuration, formatShare, problemsAsJson, renderProblems } from '../../spec/format';
import { problemsOf, SHORTEST } from './support';

const fileName = 'reviews.yaml';

describe('problems on the terminal', () => {
  test('show place, message, line with mark, what is allowed and what to do', () => {
    const text = `${SHORTEST}tick: 90sec\n`;
    expect(renderProblems({ problems: problemsOf(text), text, fileName })).toBe(
      [
        'reviews.yaml:6:7  `tick` is not a duration.',
        '  6 | tick: 90sec',
        '            ^^^^^',
        '  Found 90sec; allowed: a whole number with a unit: 500ms, 90s, 10m, 2h, 14d, or together as in 1h30m.',
        '  Write `90s`.',
        '',
        '1 problem in reviews.yaml. Nothing was changed.',
      ].join('\n')
    );
  });

  test('are counted at the end', () => {
    const text = 'tick: 1\n';
    const lines = renderProblems({ problems: problemsOf(text), text, fileName }).split('\n');
    expect(lines.at(-1)).toBe('4 problems in reviews.yaml. Nothing was changed.');
  });

  test('keep the mark under a place far to the right', () => {
    const text = SHORTEST.replace('image: sentiment:8', `image: ${'x'.repeat(150)}, artefact: 1`);
    const [problem] = problemsOf(text);
    const [, source = '', mark = ''] = renderProblems({
      problems: problem === undefined ? [] : [problem],
      text,
      fileName,
    }).split('\n');
    expect(source.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('artefact');
  });

  test('carry colour only when it is handed in', () => {
    const text = `${SHORTEST}tick: 1\n`;
    const tag = (name: string) => (inner: string) => `<${name}>${inner}</${name}>`;
    const painted = renderProblems({
      problems: problemsOf(text),
      text,
      fileName,
      paint: { strong: tag('b'), wrong: tag('w'), faint: tag('f') },
    });
    expect(painted).toContain('<b>reviews.yaml:6:7</b>  <w>`tick` is not a duration: it has no unit.</w>');
    expect(painted.replaceAll(/<\/?[bwf]>/g, '')).toBe(renderProblems({ problems: problemsOf(text), text, fileName }));
  });

  test('survive a place behind the end of the file', () => {
    expect(renderProblems({ problems: problemsOf(''), text: '', fileName })).toContain(
      'reviews.yaml:1:1  The file is empty.'
    );
  });
});

test('problems for programs are the same facts as JSON', () => {
  const problems = problemsOf(`${SHORTEST}tick: 90sec\n`);
  expect(JSON.parse(problemsAsJson({ problems, fileName }))).toEqual({
    file: fileName,
    problems: [
      {
        line: 6,
        column: 7,
        length: 5,
        path: 'tick',
        found: '90sec',
        allowed: 'a whole number with a unit: 500ms, 90s, 10m, 2h, 14d, or together as in 1h30m',
        nearest: '90s',
        message: '`tick` is not a duration.',
        remedy: 'Write `90s`.',
      },
    ],
  });
});

test('other rooms get durations and shares from the same place', () => {
  expect([formatDuration(90_000), formatShare(2.5)]).toEqual(['1m30s', '2.5%']);
});
