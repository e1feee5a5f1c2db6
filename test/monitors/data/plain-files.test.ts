import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import type { Session } from '../../../monitors/data';
import { openSession, quoted } from '../../../monitors/data';
import { captured, issuesOf, objects, read, scratch } from './files';

const dir = scratch('files');

describe('files', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession({ dir: scratch('session') });
  });
  afterAll(() => session.close());

  test('of CSV are read by their headers, quoted or not, whatever the order of columns', async () => {
    const { dataset, cells, places } = await read(session, {
      sources: objects(dir, {
        'csv/a.csv': 'size,colour\r\n1,red\r\n2,\r\nsize,colour\r\n3,blue,extra\r\n',
        'csv/b.csv': 'colour,text,size\n"light, blue","two\nlines",4\n"he said ""no""",x,5\ncolour,text,size\n',
        'csv/c.csv': '',
        'csv/d.csv': 'colour,size\n"never closed,1\ngreen,2\n',
      }),
      format: 'csv',
    });
    expect(dataset.columns).toEqual(['size', 'colour', 'text']);
    expect(cells).toEqual([
      ['1', 'red', null],
      ['2', null, null],
      ['4', 'light, blue', 'two\nlines'],
      ['5', 'he said "no"', 'x'],
      ['2', 'green', null],
    ]);
    expect(places.map(([object, line]) => [object, line])).toEqual([
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 4],
      [3, 3],
    ]);
    expect(issuesOf(dataset)).toEqual({
      emptyObject: '1/1 csv/c.csv:null',
      truncatedLine: '1/1 csv/d.csv:2',
      wrongColumnCount: '1/1 csv/a.csv:5',
      headerRow: '2/2 csv/a.csv:4',
    });
  });

  test('of CSV without a header have names by position', async () => {
    const { dataset, cells } = await read(session, {
      sources: objects(dir, { 'bare/a.csv': '1,2\n3,4\n' }),
      format: 'csv',
      hasHeader: false,
      names: ['a', '_id'],
    });
    expect([dataset.columns, cells]).toEqual([
      ['a', '_id_'],
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ]);
  });

  test('of JSON lines and of Parquet are read by name', async () => {
    const lines = await read(session, {
      sources: objects(dir, { 'jsonl/a.jsonl': '{"b": 1.0, "a": null}\n{"b": 2\n{"a": "x"}\n' }),
      format: 'jsonl',
    });
    expect([lines.dataset.columns, lines.cells]).toEqual([
      ['a', 'b'],
      [
        [null, '1.0'],
        ['x', null],
      ],
    ]);
    expect(issuesOf(lines.dataset)).toEqual({ truncatedLine: '1/1 jsonl/a.jsonl:2' });
    const broken = objects(dir, { 'parquet/b.parquet': 'PAR1 but not really' });
    await session.db.run(
      `COPY (SELECT 1.5::DOUBLE AS size, [1, 2] AS list, DATE '2030-01-07' AS day) TO ${quoted(path.join(dir, 'parquet/a.parquet'))}`
    );
    const parquet = await read(session, {
      sources: [
        {
          path: path.join(dir, 'parquet/a.parquet'),
          key: { source: 's3://bucket/parquet/a.parquet', etag: null, bytes: 1 },
        },
        ...broken,
      ],
      format: 'parquet',
    });
    expect([parquet.dataset.columns, parquet.cells]).toEqual([
      ['size', 'list', 'day'],
      [['1.5', '[1,2]', '2030-01-07']],
    ]);
    expect(issuesOf(parquet.dataset)).toEqual({ unreadable: '1/1 parquet/b.parquet:null' });
  });

  test('with a line of 300 MB are read around it, in the memory that a chunk takes', async () => {
    const file = path.join(scratch('long'), 'long.jsonl');
    const out = createWriteStream(file);
    const piece = Buffer.alloc(4 * 1024 * 1024, 'x');
    out.write(`${captured({ output: '1', input: '2' })}\n`);
    for (let n = 0; n < 75; n += 1) if (!out.write(piece)) await once(out, 'drain');
    out.write(`\n${captured({ output: '3', input: '4' })}\n`);
    out.end();
    await once(out, 'close');
    const before = process.memoryUsage().rss;
    const { cells, dataset, places } = await read(session, {
      sources: [{ path: file, key: { source: 's3://bucket/long.jsonl', etag: null, bytes: 1 } }],
      format: 'capture',
    });
    expect([cells, places.map(([, line]) => line)]).toEqual([
      [
        ['1', '2'],
        ['3', '4'],
      ],
      [1, 3],
    ]);
    expect(issuesOf(dataset)).toEqual({ lineTooLong: '1/1 long.jsonl:2' });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
});
