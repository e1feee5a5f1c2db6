import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { run } from '../scripts/run-main';
import type { BatchWorld } from '../support/batch-world';
import { startBatchWorld } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';

const dev = withDevServer();
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-refusals-'));
let world: BatchWorld;

beforeAll(async () => {
  world = await startBatchWorld(dev());
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

const record = (id: number, review = 'fine'): string => JSON.stringify({ id, review });
const RECORDS = Array.from({ length: 60 }, (_, id) => record(id));
/** One record in sixty is bad; in the file it is line `at + 1`. */
const withBad = (at: number, bad: string): string => `${RECORDS.with(at, bad).join('\n')}\n`;

/** Runs a batch over one object, or over none, from the command line. */
async function batchOf(name: string, body: string | null, onBadRecord: 'fail' | 'quarantine') {
  if (body !== null) await world.put({ [`bad/${name}/a.jsonl`]: body });
  const file = path.join(folder, 'bad.yaml');
  const batch = {
    ...{ name: `${name}-${onBadRecord}`, model: { existing: 'echo' }, onBadRecord, atMostBad: '5%', payload: 1 },
    ...{ input: `s3://data/bad/${name}/`, output: `s3://data/bad-out/${name}/{date}` },
  };
  writeFileSync(
    file,
    stringify({
      endpoint: 'bad',
      aws: { role: 'arn:aws:iam::123456789012:role/sluice' },
      capture: { to: 's3://capture/bad' },
      candidates: [{ name: 'v1', container: { image: 'batch:1' } }],
      batch: [batch],
    })
  );
  const env = { TEMPORAL_ADDRESS: dev().server.address, SLUICE_TASK_QUEUE: world.taskQueue };
  return run(['batch', 'run', file, '--date', '2026-11-28', '--watch'], { cwd: folder, env });
}

test.each([
  ['none', null, /^Nothing was published: There is no object below s3:\/\/data\/bad\/none\/\. Was the data/],
  ['empty', '', /^Nothing was published: The only object below \S+ is empty: s3:\/\/data\/bad\/empty\/a\.jsonl\.\n$/],
])('a batch of %s says so and publishes nothing', async (name, body, said) => {
  for (const onBadRecord of ['fail', 'quarantine'] as const)
    expect(await batchOf(name, body, onBadRecord)).toMatchObject({ code: 15, out: expect.stringMatching(said) });
  expect(await world.keys(`bad-out/${name}/`)).toEqual([]);
});

test.each([
  ['malformed', 37, '{"id": 37, "review": "oops', /^it is no JSON: Unterminated string in JSON/],
  ['above', 4, record(4, 'x'.repeat(1_500_000)), /^it has 1500021 bytes, above the payload of 1048576$/],
  ['refused', 20, record(20, 'BAD'), /^ClientError: .*400/],
])(
  'a record that is %s is named with object and line: nothing is published, or all the others, as the file says',
  async (name, at, bad, why) => {
    const place = `s3://data/bad/${name}/a.jsonl, line ${at + 1}: `;
    const refused = await batchOf(name, withBad(at, bad), 'fail');
    expect(refused.code).toBe(15);
    const [first, rest = ''] = refused.out.split(place);
    expect(first).toBe(
      'Nothing was published: 1 of 60 records of part 1 cannot be scored, and `onBadRecord` is fail. First: '
    );
    expect(rest.trimEnd().replace(/\.$/, '')).toMatch(why);
    expect(await world.keys(`bad-out/${name}/`)).toEqual([]);

    const published = await batchOf(name, null, 'quarantine');
    const address = `s3://data/bad-out/${name}/2026-11-28/manifest.json`;
    expect(published).toMatchObject({
      code: 0,
      out: `Published 59 of 60 records, 1 put aside: ${address}\n`,
      err: expect.stringContaining(place),
    });
    const { manifest, results } = await world.published(address);
    expect(manifest.bad).toEqual([
      { object: `s3://data/bad/${name}/a.jsonl`, line: at + 1, why: expect.stringMatching(why) },
    ]);
    // Every other record has its answer.
    expect(results).toEqual({ [`bad/${name}/a.jsonl`]: '{"keys":2}\n'.repeat(59) });
    const aside = await world.text(manifest.quarantine?.replace('s3://data/', '') ?? '');
    expect(
      aside
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    ).toMatchObject([{ line: at + 1 }]);
  }
);
