import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openSession } from '../../monitors/data/session';
import { readSideLines } from '../../monitors/sides/lines';

const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-sides-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = path.join(dir, 'a.jsonl');
writeFileSync(file, '{"eventId":"1"}\n{"eventId":"2"}\n');
const objects = [{ path: file, key: { source: 's3://data/a.jsonl', etag: null, bytes: 32 }, arrivedMs: null }];

test.each([
  [300, []],
  [20, 'Out of Memory'],
] as const)(
  'with %i MB, lines are read, or it is said that the memory is too small; never that they are none',
  async (memoryMb, said) => {
    const session = await openSession({ dir: path.join(dir, String(memoryMb)), memoryMb });
    try {
      const reading = readSideLines(session.db, objects, 'lines');
      if (typeof said === 'string') await expect(reading).rejects.toThrow(said);
      else expect(await reading).toEqual(said);
    } finally {
      await session.close();
    }
  }
);
