import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { BatchResult } from '../../batch';
import type { BatchSpec } from '../../spec/types';
import type { BatchWorld } from '../support/batch-world';
import { aRequest, startBatchWorld } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';
import type { DirectContainer } from '../support/sandbox/direct-container';
import { startDirectContainer } from '../support/sandbox/direct-container';
import { ROLE } from '../support/sandbox/harness';

const dev = withDevServer();
let world: BatchWorld;
let container: DirectContainer;
const LINES = Array.from({ length: 1_000 }, (_, i) => `row ${i},${'ü'.repeat(i % 5)}`);
/** Cut into several slices. */
const CUT = { bytes: 1024 ** 3, sliceBytes: 10_000, parallel: 1 } as const;

beforeAll(async () => {
  container = await startDirectContainer();
  world = await startBatchWorld(dev());
  await world.aws.sagemaker.createModel({
    ModelName: 'choosy',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'batch:1', Environment: { ONLY_TYPE: 'text/csv' } },
  });
});
afterAll(async () => {
  await container.stop();
  await world.stop();
});

function manifestOf({ outcome }: BatchResult): string {
  if (outcome.kind !== 'published') throw new Error(JSON.stringify(outcome));
  return outcome.manifest;
}

async function resultsOf(changes: Partial<BatchSpec>): Promise<Readonly<Record<string, string>>> {
  return (await world.published(manifestOf(await world.run(aRequest(changes))))).results;
}

/** The container's answers to these bodies, one after the other. */
async function answers(bodies: readonly string[]): Promise<readonly string[]> {
  const given: string[] = [];
  for (const body of bodies) given.push((await container.invoke(body)).toString('utf8'));
  return given;
}

describe('results are byte for byte what the container answers when it is called directly', () => {
  beforeAll(() => world.put({ 'bytes/a.csv': LINES.join('\n') }));
  const records = LINES.map((line, at) => (at < LINES.length - 1 ? `${line}\n` : line));

  test.each<[string, Partial<BatchSpec>, () => Promise<string>]>([
    ['one record a request', { strategy: 'SingleRecord' }, async () => `${(await answers(records)).join('\n')}\n`],
    [
      'one record a request, several at a time, not made lines',
      { strategy: 'SingleRecord', concurrency: 8, assemble: 'None' },
      async () => (await answers(records)).join(''),
    ],
    ['whole objects', { split: 'None', assemble: 'None' }, async () => (await answers([LINES.join('\n')])).join('')],
    [
      'whole objects, made lines',
      { split: 'None', assemble: 'Line' },
      async () => `${(await answers([LINES.join('\n')])).join('')}\n`,
    ],
  ])('%s', async (what, changes, expected) => {
    const name = what.replaceAll(/[ ,]+/g, '-').slice(0, 30).replace(/-$/, '');
    const results = await resultsOf({ name, input: 's3://data/bytes/', parts: CUT, ...changes });
    expect(results['bytes/a.csv'] === (await expected())).toBe(true);
  });
});

describe('a batch of objects packed with gzip', () => {
  test('has the results of the same objects unpacked, whatever the cuts, joins and bad records', async () => {
    const json = Array.from({ length: 900 }, (_, i) =>
      i === 400 ? '{"a":' : JSON.stringify({ id: i, a: 'x'.repeat(i % 50) })
    );
    const objects = {
      'a.jsonl': `${json.join('\n')}\n`,
      'b.jsonl': json.slice(0, 30).join('\n'),
      'c.jsonl': `${json.slice(0, 200).join('\n')}\n${JSON.stringify({ id: 'BAD' })}\n${json.slice(201, 300).join('\n')}\n`,
    };
    for (const [name, text] of Object.entries(objects)) {
      const half = text.indexOf('\n', text.length / 2) + 1;
      // Files that were packed one after the other are one, too (RFC 1952, 2.2).
      const packed = Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]);
      await world.put({ [`plain/${name}`]: text, [`packed/${name}.gz`]: packed });
    }
    const both: Partial<BatchSpec> = {
      ...{ contentType: 'application/jsonlines', accept: 'application/jsonlines', filters: { join: 'Input' } },
      ...{ parts: CUT, instance: { type: 'ml.m5.large', count: 2 } },
    };
    const plain = await world.run(aRequest({ name: 'plain', input: 's3://data/plain/', ...both }));
    const packed = await world.run(
      aRequest({ name: 'packed', input: 's3://data/packed/', compression: 'Gzip', ...both })
    );
    const asPlain = (text: string): string => text.replaceAll('packed', 'plain').replaceAll('.jsonl.gz', '.jsonl');
    expect(packed).toMatchObject({ records: 1_230, objects: 3, quarantined: 2, jobs: plain.jobs });
    const why = /^s3:\/\/data\/packed\/[ac]\.jsonl\.gz \d+ /;
    const places = (result: BatchResult) => result.bad.map(({ object, line }) => `${object} ${line} `);
    expect(places(packed)).toEqual([expect.stringMatching(why), expect.stringMatching(why)]);
    expect(places(packed).map(asPlain)).toEqual(places(plain));
    const [ofPlain, ofPacked] = [await world.published(manifestOf(plain)), await world.published(manifestOf(packed))];
    expect(Object.fromEntries(Object.entries(ofPacked.results).map(([key, text]) => [asPlain(key), text]))).toEqual(
      ofPlain.results
    );
    const aside = async (uri: string | null) =>
      (await world.text((uri ?? '').replace('s3://data/', '')))
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { object, line: at, from, to, record } = JSON.parse(line) as Record<string, unknown>;
          return { object: asPlain(String(object)), at, from, to, record };
        });
    expect(await aside(ofPacked.manifest.quarantine)).toEqual(await aside(ofPlain.manifest.quarantine));
  });

  test('names what is not packed, not to its end, or without a record, and delivers the rest', async () => {
    const packed = gzipSync('a,1\nb,2\n');
    await world.put({
      'mixed/cut.gz': packed.subarray(0, -9),
      'mixed/empty.gz': gzipSync(''),
      'mixed/good.gz': packed,
      'mixed/plain.csv': 'c,3\n',
    });
    const result = await world.run(
      aRequest({ name: 'mixed', input: 's3://data/mixed/', compression: 'Gzip', atMostBad: 1 })
    );
    expect(result.bad.map(({ object, line, why }) => [object.replace('s3://data/mixed/', ''), line, why])).toEqual([
      [
        'cut.gz',
        null,
        expect.stringMatching(/^`compression` is Gzip, and it is not packed so: unexpected end of file/),
      ],
      ['empty.gz', null, 'the object is empty'],
      ['plain.csv', null, expect.stringMatching(/not packed so: incorrect header check/)],
    ]);
    expect((await world.published(manifestOf(result))).results).toEqual({ 'mixed/good.gz': '3,A,1\n3,B,2\n' });
  });

  test('whose records are whole objects sends what they hold', async () => {
    await world.put({ 'wholes/a.gz': gzipSync(LINES.join('\n')) });
    const results = await resultsOf({ name: 'wholes', input: 's3://data/wholes/', compression: 'Gzip', split: 'None' });
    expect(results['wholes/a.gz'] === `${(await answers([LINES.join('\n')])).join('')}\n`).toBe(true);
  });
});

describe('a content type that the model does not take', () => {
  const contentType = 'application/x-reviews';

  test.each([
    ['many', 1_000],
    ['few', 3],
  ])('fails a batch of %s records with a verdict that says so and names object and line', async (name, count) => {
    await world.put({ [`${name}-alien/a.csv`]: LINES.slice(0, count).join('\n') });
    const model = { kind: 'existing', name: 'choosy' } as const;
    const failed = world.run(aRequest({ name, input: `s3://data/${name}-alien/`, model, contentType }));
    await expect(failed).rejects.toMatchObject({
      cause: {
        type: 'BadRecords',
        message: expect.stringMatching(
          /accepts nothing.*`contentType` \(application\/x-reviews\).*-alien\/a\.csv, line 1: .*415, Message: unsupported content type application\/x-reviews/
        ),
      },
    });
    expect(await world.keys(`out/${name}/`)).toEqual([]);
  });

  test('of some records alone puts those aside with object, line and the model’s word, and delivers the others', async () => {
    const lines = LINES.slice(0, 100).map((line, at) => (at === 41 ? `ALIEN ${line}` : line));
    await world.put({ 'some/a.csv': `${lines.join('\n')}\n` });
    const result = await world.run(aRequest({ name: 'some', input: 's3://data/some/' }));
    expect(result).toMatchObject({ records: 100, quarantined: 1 });
    expect(result.bad).toEqual([
      {
        object: 's3://data/some/a.csv',
        line: 42,
        why: expect.stringMatching(/ClientError.*415, Message: unsupported/),
      },
    ]);
    const good = await answers([lines.filter((_, at) => at !== 41).join('\n')]);
    expect((await world.published(manifestOf(result))).results).toEqual({ 'some/a.csv': `${good.join('')}\n` });
  });
});
