import { describe, expect, test } from '@jest/globals';
import { SHORTEST, problemsOf, told } from './support';

describe('YAML that cannot be read', () => {
  test.each([
    ['a key written twice', `${SHORTEST}tick: 60s\ntick: 2m\n`, ['7:1 The key `tick` stands twice in one map.']],
    [
      'a quote left open',
      `${SHORTEST}tick: "60s\nonInconclusive: hold\n`,
      ['6:7 The quote that opens here is never closed.'],
    ],
    ['a tab', `${SHORTEST}budget:\n\tfalseWinner: 1%\n`, ['7:1 A tab indents this line; YAML wants blanks.']],
    ['a second document', `${SHORTEST}---\na: 1\n`, ['6:1 A second document begins here.']],
    ['an alias without anchor', `${SHORTEST}tick: *minute\n`, ['6:7 The alias `*minute` names no anchor above it.']],
    ['a tag', `${SHORTEST}tick: !Ref minute\n`, ['6:7 The tag `!Ref` is not known here.']],
    ['no blank after a colon', `${SHORTEST}tick:60s\n`, ['6:1 Implicit map keys need to be followed by map values.']],
    [
      'a bracket that closes nothing',
      `${SHORTEST}tick: }\n`,
      ['6:7 Not YAML: unexpected flow-map-end token in YAML stream: "}".'],
    ],
    [
      'a bracket inside brackets',
      `${SHORTEST}schema: { prediction: $.a[0].b }\n`,
      ['6:26 A value inside brackets contains a bracket.'],
    ],
    ['an empty file', '', ['1:1 The file is empty.']],
    ['a file of comments', '# later\n', ['1:1 The file is empty.']],
    ['a list', '- a\n', ['1:1 The file is not a map of keys, it is a list of 1.']],
    ['prose', 'hello\n', ['1:1 The file is not a map of keys, it is hello.']],
    [
      'an alias inside its own anchor',
      `${SHORTEST}guards: &all [*all]\n`,
      ['1:1 The aliases in rollout.yaml cannot be followed: they grow without measure or contain themselves.'],
    ],
  ])('%s is one problem', (_, text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  test('does not hide the mistakes that stand before it', () => {
    const text = `endpont: reviews\ntick: 90sec\ncapture: { to: s3://capture\ncandidates: []\n`;
    expect(told(text)).toEqual([
      '1:1 `endpont` is not a key of the rollout file.',
      '2:7 `tick` is not a duration.',
      '4:1 The indentation does not fit: flow map in block collection must be sufficiently indented and end with a }.',
    ]);
  });

  test('that leaves every key in its place hides nothing at all', () => {
    const text = `${SHORTEST}tick: 60s\ntick: 2m\nonInconclusive: wait\nstages: [{ canary: { share: 0% } }]\n`;
    expect(problemsOf(text).map(({ line }) => line)).toEqual([7, 8, 9]);
  });

  test('a bomb of aliases is refused without being written out', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`
    );
    expect(told(`l0: &l0 [lol]\n${levels.join('\n')}\n`)).toEqual([
      '1:1 The aliases in rollout.yaml cannot be followed: they grow without measure or contain themselves.',
    ]);
  });
});
