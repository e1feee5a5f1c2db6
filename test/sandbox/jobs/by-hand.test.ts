import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { reservePort } from '../../../sandbox/fleet/free-ports';
import { parseJsonPath, select } from '../../../sandbox/jobs/transform/json-path';
import { parseCsvRow, writeCsvRow } from '../../../sandbox/jobs/transform/csv';
import { SPLITTERS } from '../../../sandbox/jobs/transform/split';
import type { TestSandbox } from '../../support/sandbox/harness';
import { ROLE, startTestSandbox, until } from '../../support/sandbox/harness';
import { below, ended, JOB_IMAGES, put, transformInput } from '../../support/sandbox/jobs';

const text = fc.string({ unit: fc.constantFrom('a', 'ü', ' ', ',', '"', '0', 'ß'), maxLength: 12 });
const chunked = (bytes: Buffer, sizes: readonly number[]) =>
  (async function* () {
    let at = 0;
    for (const size of [...sizes, bytes.length]) {
      if (at < bytes.length) yield bytes.subarray(at, at + size);
      at += size;
    }
  })();

async function all(groups: AsyncIterable<Iterable<Buffer>>): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for await (const records of groups) for (const record of records) found.push(Buffer.from(record));
  return found;
}

describe('a transform job and the same container called by hand', () => {
  let box: TestSandbox;
  let container: ChildProcess;
  let address: string;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES });
    await box.s3.createBucket({ Bucket: 'data' });
    await box.sagemaker.createModel({
      ModelName: 'echo',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'batch:1' },
    });
    const { port } = await reservePort();
    address = `http://127.0.0.1:${port}`;
    const program = path.join(__dirname, '../../support/sandbox/batch-container.js');
    container = spawn(process.execPath, [program], { env: { SAGEMAKER_BIND_TO_PORT: String(port) }, stdio: 'ignore' });
    await until(() => fetch(`${address}/ping`).then(({ ok }) => ok, () => false)); // prettier-ignore
  });
  afterAll(async () => {
    container.kill();
    await box.stop();
  });

  const byHand = async (body: string): Promise<string> =>
    (await fetch(`${address}/invocations`, { method: 'POST', body, headers: { 'content-type': 'text/csv' } })).text();

  test('give the same bytes, for any records, strategy, concurrency and number of instances', async () => {
    let job = 0;
    const objects = fc.array(fc.array(text, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });
    const shape = fc.record({ isMulti: fc.boolean(), concurrent: fc.integer({ min: 1, max: 4 }), count: fc.integer({ min: 1, max: 2 }) }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(objects, shape, async (lines, { isMulti, concurrent, count }) => {
        job += 1;
        const name = `by-hand-${job}`;
        const files = lines.map((records, n) => [`${n}.csv`, `${records.join('\n')}\n`] as const);
        await put(box.s3, Object.fromEntries(files.map(([file, body]) => [`${name}/${file}`, body])));
        await box.sagemaker.createTransformJob(
          transformInput({
            ...{ name, count, from: `${name}/`, MaxConcurrentTransforms: concurrent },
            input: { SplitType: 'Line' },
            output: { AssembleWith: 'Line' },
            BatchStrategy: isMulti ? 'MultiRecord' : 'SingleRecord',
          })
        );
        expect((await ended(box.sagemaker, name)).TransformJobStatus).toBe('Completed');
        const expected: Record<string, string> = {};
        for (const [file, body] of files) {
          const requests = isMulti ? [body] : body.split(/(?<=\n)/);
          expected[`${file}.out`] = '';
          for (const request of requests) expected[`${file}.out`] += `${await byHand(request)}\n`;
        }
        expect(await below(box.s3, `out/${name}/`)).toEqual(expected);
      }),
      { numRuns: 12, seed: 20_260_301 }
    );
  });

  test('records are cut the same wherever the chunks of the object end, and are the object together', async () => {
    const recordIo = (body: Buffer) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(0xced7230a, 0);
      head.writeUInt32LE(body.length, 4);
      return Buffer.concat([head, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    };
    const tfRecord = (body: Buffer) => {
      const head = Buffer.alloc(12);
      head.writeBigUInt64LE(BigInt(body.length), 0);
      return Buffer.concat([head, body, Buffer.alloc(4)]);
    };
    const line = (body: Buffer) => Buffer.concat([Buffer.from(body.toString('hex')), Buffer.from('\n')]);
    const formats = { Line: line, RecordIO: recordIo, TFRecord: tfRecord } as const;
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Line' as const, 'RecordIO' as const, 'TFRecord' as const),
        bodies,
        sizes,
        async (type, parts, cuts) => {
          const records = parts.map((part) => formats[type](Buffer.from(part)));
          const object = Buffer.concat(records);
          expect(await all(SPLITTERS[type](chunked(object, cuts), 1_000))).toEqual(records);
          if (type !== 'Line' && object.length > 0)
            await expect(all(SPLITTERS[type](chunked(object.subarray(0, -1), cuts), 1_000))).rejects.toThrow(
              /ends within/
            );
        }
      )
    );
  });

  test('CSV rows survive being read and written; JSONPath slices are those of JavaScript', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (cells) => expect(parseCsvRow(writeCsvRow(cells))).toEqual(cells))
    );
    const index = fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 6 }), index, index, (list, start, end) => {
        const parsed = parseJsonPath(`$[${start ?? ''}:${end ?? ''}]`);
        expect(parsed && select(parsed, list)).toEqual(list.slice(start, end));
      })
    );
  });

  test.each([
    ['$', { a: 1 }, { a: 1 }],
    ['$.a.b', { a: { b: [1] } }, [1]],
    ['$.a.*', { a: { b: 1, c: 2 } }, [1, 2]],
    [`$['a','c']`, { a: 1, b: 2, c: 3 }, { a: 1, c: 3 }],
    [`$.x.['a','b']`, { x: { a: 1, b: 2 } }, { a: 1, b: 2 }],
    ['$[1,-1]', [1, 2, 3], [2, 3]],
    ['$[*].a', [{ a: [1] }, { a: 2 }, {}], [[1], 2]],
    ['$.none', { a: 1 }, undefined],
    ['$[7]', [1], undefined],
  ])('%s leads where it should', (expression, value, expected) => {
    const parsed = parseJsonPath(expression);
    expect(parsed && select(parsed, value)).toEqual(expected);
  });

  test.each(['a', '$a', '$.', '$[', '$[?(@.a)]', '$..a', `$['a',1]`, '$[1:2:3]', '$[-]'])(
    '%s is refused',
    (expression) => {
      expect(parseJsonPath(expression)).toBeUndefined();
    }
  );
});
