import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BatchResult } from '../../batch';
import type { BatchWorld } from '../support/batch-world';
import { aRequest, startBatchWorld } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';

const dev = withDevServer();
let world: BatchWorld;

beforeAll(async () => {
  world = await startBatchWorld(dev());
  await world.put({ 'in/a.csv': 'a,1\nb,2\n', 'in/sub/b.csv': 'c,3', 'in/sub/c.csv': 'd,4\ne,5\n' });
}, 120_000);
afterAll(() => world.stop(), 60_000);

function manifestOf({ outcome }: BatchResult): string {
  if (outcome.kind !== 'published') throw new Error(JSON.stringify(outcome));
  return outcome.manifest;
}

describe('a batch transform', () => {
  test('publishes one result for each object below the date, its manifest last, and leaves nothing else behind', async () => {
    const result = await world.run(aRequest());
    expect(result).toMatchObject({ records: 5, objects: 3, quarantined: 0, model: 'echo', jobs: 1 });
    expect(manifestOf(result)).toBe('s3://data/out/nightly/2026-11-28/manifest.json');
    const { manifest, results } = await world.published(manifestOf(result));
    expect(results).toEqual({
      'in/a.csv': '3,A,1\n3,B,2\n',
      'in/sub/b.csv': '3,C,3\n',
      'in/sub/c.csv': '3,D,4\n3,E,5\n',
    });
    expect(manifest).toMatchObject({ records: 5, nominalTime: '2026-11-28T02:00:00.000Z', quarantine: null });
    const left = (await world.keys('out/nightly/')).map((key) => key.replace(/\/[0-9a-f]{8}\//, '/<run>/'));
    expect(left).toEqual([
      'out/nightly/2026-11-28/<run>/a.csv.out',
      'out/nightly/2026-11-28/<run>/sub/b.csv.out',
      'out/nightly/2026-11-28/<run>/sub/c.csv.out',
      'out/nightly/2026-11-28/manifest.json',
      'out/nightly/latest.json',
    ]);
  });

  test('of the same date again, at once, replaces the manifest and shares nothing with the run before', async () => {
    const first = await world.published(manifestOf(await world.run(aRequest({ name: 'again' }))));
    const second = await world.published(manifestOf(await world.run(aRequest({ name: 'again' }))));
    expect(second.results).toEqual(first.results);
    expect(second.manifest.objects[0]?.output).not.toBe(first.manifest.objects[0]?.output);
  });

  test('puts aside exactly the records that the model refuses, in objects cut down to them, and delivers the rest', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => (i === 70 || i === 213 ? `BAD ${i}` : `row ${i}`));
    await world.put({ 'bad/a.csv': `${lines.join('\n')}\n`, 'bad/b.csv': 'fine\n' });
    const result = await world.run(aRequest({ name: 'bad', input: 's3://data/bad/' }));
    const { manifest, results } = await world.published(manifestOf(result));
    const good = lines
      .filter((line) => !line.startsWith('BAD'))
      .map((line) => `${line.length},${line.toUpperCase()}\n`);
    expect(results).toEqual({ 'bad/a.csv': good.join(''), 'bad/b.csv': '4,FINE\n' });
    expect(result).toMatchObject({ records: 301, quarantined: 2, jobs: 3 });
    expect(result.bad.map(({ object, line }) => [object, line])).toEqual([
      ['s3://data/bad/a.csv', 71],
      ['s3://data/bad/a.csv', 214],
    ]);
    const quarantine = (await world.text(manifest.quarantine?.replace('s3://data/', '') ?? '')).trimEnd().split('\n');
    expect(quarantine.map((line) => JSON.parse(line))).toMatchObject([
      { object: 's3://data/bad/a.csv', line: 71, record: 'BAD 70' },
      { object: 's3://data/bad/a.csv', line: 214, record: 'BAD 213' },
    ]);
  });

  test('whose model accepts nothing says so after three jobs, instead of trying every record alone', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `BAD ${i}`).join('\n');
    await world.put({ 'refused/a.csv': lines });
    const failed = world.run(aRequest({ name: 'refused', input: 's3://data/refused/' }));
    await expect(failed).rejects.toMatchObject({
      cause: { type: 'BadRecords', message: expect.stringMatching(/accepts nothing.*contentType.*a\.csv, line 1:/) },
    });
    expect(await world.keys('out/refused/')).toEqual([]);
  });

  test.each([
    ['a missing prefix', { input: 's3://data/nowhere/' }, 'NotFound', /no object below s3:\/\/data\/nowhere\//],
    [
      'an empty object',
      { input: 's3://data/empty/', onBadRecord: 'fail' as const },
      'BadRecords',
      /empty\/b\.csv is empty/,
    ],
    [
      'a malformed record',
      { input: 's3://data/json/', contentType: 'application/jsonlines', onBadRecord: 'fail' as const },
      'BadRecords',
      /json\/a\.jsonl, line 2: it is no JSON/,
    ],
    [
      'a record above the payload',
      { input: 's3://data/large/', onBadRecord: 'fail' as const },
      'BadRecords',
      /large\/a\.csv, line 2: it has 1200001 bytes, above the payload of 1048576/,
    ],
    [
      'a record that the model refuses',
      { input: 's3://data/refusing/', onBadRecord: 'fail' as const },
      'BadRecords',
      /refusing\/a\.csv, line 7: ClientError/,
    ],
  ])('%s fails with a verdict that names it, and nothing is published', async (what, changes, type, message) => {
    await world.put({
      'empty/a.csv': 'a\n',
      'empty/b.csv': '',
      'json/a.jsonl': '{"a":1}\n{"a":\n{"a":3}\n',
      'large/a.csv': `a\n${'x'.repeat(1_200_000)}\nb\n`,
      'refusing/a.csv': Array.from({ length: 20 }, (_, i) => (i === 6 ? 'BAD' : 'x')).join('\n'),
    });
    const name = what.replaceAll(' ', '-');
    await expect(world.run(aRequest({ name, ...changes }))).rejects.toMatchObject({
      cause: { type, message: expect.stringMatching(message) },
    });
    expect(await world.keys(`out/${name}/`)).toEqual([]);
  });
});
