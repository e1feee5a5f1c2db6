import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Session } from '../../../monitors/data';
import { openSession } from '../../../monitors/data';
import { captured, issuesOf, objects, read, scratch } from './files';

const dir = scratch('captures');
const HOUR = 'e/v1/2030/01/07/00';
const AT_MS = Date.parse('2030-01-07T00:10:00Z');

describe('captured records', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession({ dir: scratch('session') });
  });
  afterAll(() => session.close());

  test('become rows: outputs before inputs, one row for each line of a body, in the order of keys and lines', async () => {
    const sources = objects(dir, {
      [`rows/${HOUR}/b.jsonl`]: `${captured({ id: 'b1', output: '0.5\n', input: '1,x' })}\n`,
      [`rows/${HOUR}/a.jsonl`]: [
        captured({ id: 'a1', event: 'e1', output: '0.25,yes\r\n', input: '2' }),
        captured({ event: 'e2', output: '0.1\n0.2\n', input: '3,"y, ""z"""\n4,\n' }),
      ].join('\r\n'),
    });
    const { dataset, cells, places } = await read(session, {
      sources: sources.toReversed(),
      format: 'capture',
      names: ['score', 'size', 'text'],
    });
    expect(dataset.columns).toEqual(['score', 'size', 'text']);
    expect(dataset.evidence.map(({ source }) => source)).toEqual([
      `s3://bucket/rows/${HOUR}/a.jsonl`,
      `s3://bucket/rows/${HOUR}/b.jsonl`,
    ]);
    expect(cells).toEqual([
      ['0.25', 'yes', '2'],
      ['0.1', '3', 'y, "z"'],
      ['0.2', '4', null],
      ['0.5', '1', 'x'],
    ]);
    expect(places).toEqual([
      [0, 1, 1, 'a1'],
      [0, 2, 1, 'e2'],
      [0, 2, 2, 'e2'],
      [1, 1, 1, 'b1'],
    ]);
    expect(dataset.window).toEqual({ fromMs: AT_MS, toMs: AT_MS + 1 });
    expect(issuesOf(dataset)).toEqual({});
  });

  test('of JSON become columns by name, and numbers stay as they were written', async () => {
    const { cells, dataset } = await read(session, {
      sources: objects(dir, {
        [`json/${HOUR}/a.jsonl`]: [
          captured({ output: { label: 'good' }, input: { size: 1, Age: true } }),
          captured({
            output: { predictions: [{ label: 'a' }, { label: 'b' }] },
            input: { instances: [{ size: 2 }, { size: 3 }] },
          }),
          captured({ output: { label: 'c' }, input: { size: [4, 5], age: { years: 7 } } }),
          captured({ output: { label: 'd' }, input: { size: 0 } }).replace(
            '\\"size\\":0',
            '\\"size\\": 1.50, \\"Age\\": NaN'
          ),
        ].join('\n'),
      }),
      format: 'capture',
    });
    expect(dataset.columns).toEqual(['Age', 'age_2', 'label', 'size']);
    expect(cells).toEqual([
      ['true', null, 'good', '1'],
      [null, null, 'a', '2'],
      [null, null, 'b', '3'],
      [null, '{"years":"7"}', 'c', '["4","5"]'],
      ['NaN', null, 'd', '1.50'],
    ]);
    expect(issuesOf(dataset)).toEqual({ nestedJson: `1/0 json/${HOUR}/a.jsonl:3` });
  });

  test('are taken apart by paths where JSON is not flat', async () => {
    const { cells, dataset } = await read(session, {
      sources: objects(dir, {
        [`paths/${HOUR}/a.jsonl`]: captured({
          output: { predictions: [{ scores: [0.9, 0.1] }, { scores: [0.2, 0.8] }] },
          input: { session: 's', instances: [{ text: 'fine' }, { text: 'bad, bad' }] },
        }),
      }),
      format: 'capture',
      paths: [
        { name: 'score', from: 'output', path: '$.predictions[*].scores[1]' },
        { name: 'text', from: 'input', path: '$.instances[*].text' },
        { name: 'session', from: 'input', path: '$.session' },
      ],
    });
    expect(dataset.columns).toEqual(['score', 'text', 'session']);
    expect(cells).toEqual([
      ['0.1', 'fine', 's'],
      ['0.8', 'bad, bad', 's'],
    ]);
  });

  test('that are bad are counted by kind with the first key and line, whatever stands around them is read', async () => {
    const good = (n: number, more = {}) => captured({ event: `g${n}`, output: `0.${n}`, input: `${n},x`, ...more });
    const packed = (content: Buffer, type = 'text/csv') =>
      JSON.stringify({
        captureData: {
          endpointInput: {
            observedContentType: type,
            mode: 'INPUT',
            data: content.toString('base64'),
            encoding: 'BASE64',
          },
          endpointOutput: { observedContentType: 'text/csv', mode: 'OUTPUT', data: '0.9', encoding: 'CSV' },
        },
        eventMetadata: { eventId: `p${content.length}`, inferenceTime: '2030-01-07T00:10:00Z' },
      });
    const latin = Buffer.concat([
      Buffer.from(good(5).slice(0, 30)),
      Buffer.from([0xe9]),
      Buffer.from(good(5).slice(30)),
      Buffer.from('\n'),
    ]);
    const lines = [
      good(1), // 1
      '', // 2: blank
      good(2).slice(0, 80), // 3: truncated
      '[1, 2]', // 4: JSON, but no record
      'nonsense', // 5
      good(1), // 6: twice
      captured({ event: 'no-out', input: '7,x' }), // 7
      captured({ event: 'no-in', output: '0.5' }), // 8
      good(8, { input: '8,x,y' }), // 9
      captured({ event: 'h', output: 'score', input: 'size,text' }), // 10: a header
      good(3, { at: '2030-01-09T00:00:00Z' }), // 11: of another day
      good(4, { at: '2030-01-07T02:00:00Z' }), // 12: of another hour than its key
      good(6, { at: 'yesterday' }), // 13
      packed(Buffer.from('9,packed')), // 14
      packed(Buffer.from([0, 255, 3])), // 15
      captured({ event: 'json', output: '0.1', input: { size: 1 } }).replace('{\\"size\\":1}', '{\\"size'), // 16
      good(7, { input: Array.from({ length: 100_000 }, (_, n) => n).join(',') }), // 17
    ];
    const { dataset, cells } = await read(session, {
      sources: objects(dir, {
        [`bad/${HOUR}/a.jsonl`]: Buffer.concat([
          Buffer.from(`\uFEFF${lines.join('\n')}\n`),
          latin,
          Buffer.from(good(9)),
        ]),
        [`bad/${HOUR}/b.jsonl`]: '',
        [`bad/${HOUR}/c.jsonl`]: Buffer.from(good(1), 'utf16le'),
      }),
      format: 'capture',
      names: ['score', 'size', 'text'],
      window: { fromMs: AT_MS - 600_000, toMs: AT_MS + 86_400_000 },
    });
    const a = `bad/${HOUR}/a.jsonl`;
    expect(issuesOf(dataset)).toEqual({
      emptyObject: `1/1 bad/${HOUR}/b.jsonl:null`,
      notCapture: `1/1 ${a}:4`,
      truncatedLine: `1/1 ${a}:3`,
      notJson: `2/2 ${a}:5`,
      notUtf8: `2/2 ${a}:18`,
      base64: `2/1 ${a}:14`,
      noOutput: `1/0 ${a}:7`,
      noInput: `1/0 ${a}:8`,
      wrongColumnCount: `3/3 ${a}:7`,
      tooManyColumns: `1/1 ${a}:17`,
      headerRow: `1/1 ${a}:10`,
      duplicateId: `1/1 ${a}:6`,
      outsideWindow: `1/1 ${a}:11`,
      noTime: `1/0 ${a}:13`,
      clockSkew: `1/0 ${a}:12`,
    });
    expect(cells).toEqual([
      ['0.1', '1', 'x'],
      ['0.4', '4', 'x'],
      ['0.6', '6', 'x'],
      ['0.9', '9', 'packed'],
      ['0.9', '9', 'x'],
    ]);
  });

  test('that were delivered twice, in another object and another batch of them, count once over the whole window', async () => {
    const line = (event: string, n: number) => captured({ event, output: '1', input: String(n) });
    const { dataset, cells } = await read(session, {
      sources: objects(dir, {
        [`again/${HOUR}/a.jsonl`]: [line('one', 1), line('two', 2)].join('\n'),
        [`again/${HOUR}/b.jsonl`]: [line('three', 3), line('two', 22), line('one', 11)].join('\n'),
        [`again/${HOUR}/c.jsonl`]: [captured({ output: '1', input: '{"a": 5}' }), line('one', 111)].join('\n'),
      }),
      format: 'capture',
      outputPosition: 'END',
    });
    expect(issuesOf(dataset)).toEqual({ duplicateId: `3/3 again/${HOUR}/b.jsonl:2` });
    expect(cells.map(([first]) => first)).toEqual(['1', '2', '3', '{"a": 5}']);
  });

  test('without names have as many columns as most rows have cells', async () => {
    const { dataset, cells } = await read(session, {
      sources: objects(dir, {
        [`nameless/${HOUR}/a.jsonl`]: ['1,2', '1,2,3', '4,5']
          .map((input) => captured({ output: '0', input }))
          .join('\n'),
      }),
      format: 'capture',
      outputPosition: 'END',
    });
    expect([dataset.columns, cells]).toEqual([
      ['_c0', '_c1', '_c2'],
      [
        ['1', '2', '0'],
        ['4', '5', '0'],
      ],
    ]);
    expect(dataset.issues).toMatchObject([
      { kind: 'wrongColumnCount', count: 1, first: { line: 2, note: '4 cells, expected 3' } },
    ]);
  });

  test('of another width than the names, a whole object of them, are used by position: the schema has changed', async () => {
    const rows = (...inputs: string[]) => inputs.map((input) => captured({ output: '1', input })).join('\n');
    const { dataset, cells } = await read(session, {
      sources: objects(dir, {
        [`wider/${HOUR}/a.jsonl`]: rows('1,x', '2,x,more'),
        [`wider/${HOUR}/b.jsonl`]: `${rows('3,y,more', '4,"y",more')}\n${captured({ input: '5' })}`,
      }),
      format: 'capture',
      names: ['score', 'size', 'text'],
    });
    expect(dataset.columns).toEqual(['score', 'size', 'text', '_c3']);
    expect(cells).toEqual([
      ['1', '1', 'x', null],
      ['1', '3', 'y', 'more'],
      ['1', '4', 'y', 'more'],
    ]);
    expect(issuesOf(dataset)).toMatchObject({ wrongColumnCount: `4/2 wider/${HOUR}/a.jsonl:2` });
  });

  test('of nothing are an empty table', async () => {
    const { dataset } = await read(session, { sources: objects(dir, { 'none/a.jsonl': '\n \n' }), format: 'capture' });
    expect([dataset.rows, dataset.columns, dataset.window]).toEqual([0, [], null]);
  });
});
