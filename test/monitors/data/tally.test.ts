import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Session } from '../../../monitors/data/session';
import { openSession } from '../../../monitors/data/session';
import { addTallies, streamTally, tallyTable, writeTally } from '../../../monitors/data/tally';

const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-tally-'));
const at = (name: string): string => path.join(dir, name);
const hash = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(at(name)))
    .digest('hex');

describe('a tally', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession({ dir });
  });
  afterAll(() => session.close());

  const rows = async (name: string): Promise<unknown[]> => {
    const all: unknown[] = [];
    for await (const chunk of streamTally(session.db, at(name))) all.push(...chunk);
    return all;
  };

  test('counts distinct tuples, sorted by bytes, nulls first', async () => {
    const { db } = session;
    await writeTally(
      db,
      `SELECT * FROM (VALUES ('b', 1.5::DOUBLE), ('é', 2), (NULL, 3), ('B', 2), ('b', 1.5)) AS t (v, p)`,
      at('a')
    );
    expect(await rows('a')).toEqual([
      [null, 3, 1n],
      ['B', 2, 1n],
      ['b', 1.5, 2n],
      ['é', 2, 1n],
    ]);
  });

  test('of shards comes to the same bytes as the tally of everything, in whatever order they are added', async () => {
    const { db } = session;
    // More tuples than a row group of Parquet holds, many of them in several shards.
    const all = `SELECT 'c' || (i % 7) AS c, ((i * 7919) % 150000)::VARCHAR AS v FROM range(400000) r (i)`;
    await writeTally(db, all, at('whole'));
    for (const shard of [0, 1, 2]) await writeTally(db, `${all} WHERE i % 3 = ${shard}`, at(`s${shard}`));
    await addTallies(db, [at('s0'), at('s1'), at('s2')], at('sum'));
    await addTallies(db, [at('s2'), at('s0'), at('s1')], at('mus'));
    await addTallies(db, [at('whole')], at('again'));
    expect([hash('sum'), hash('mus'), hash('again')]).toEqual([hash('whole'), hash('whole'), hash('whole')]);
    const [total] = (await db.runAndReadAll(`SELECT sum(n)::INTEGER FROM ${tallyTable(at('sum'))}`)).getRows();
    expect(total).toEqual([400_000]);
  });

  test('of nothing is an empty table with its columns', async () => {
    await writeTally(session.db, `SELECT 'x' AS v WHERE false`, at('none'));
    expect(await rows('none')).toEqual([]);
    await addTallies(session.db, [at('none'), at('none')], at('none2'));
    expect(await rows('none2')).toEqual([]);
  });
});
