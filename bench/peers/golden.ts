import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Answers, Golden, PeerSuite } from './types';
import { askPeer, preparePeer } from './venv';

const fileOf = (suite: PeerSuite): string => path.resolve('test', 'monitors', 'fixtures', `peer-${suite.name}.json`);

/** What the peer said when it was asked last; throws where nobody asked. */
export async function readGolden(suite: PeerSuite): Promise<Golden> {
  return JSON.parse(await readFile(fileOf(suite), 'utf8')) as Golden;
}

export async function writeGolden(suite: PeerSuite, golden: Golden): Promise<void> {
  await writeFile(fileOf(suite), `${JSON.stringify(golden, null, 1)}\n`);
}

/** Asks the peer now. */
export async function askGolden(suite: PeerSuite): Promise<Golden> {
  const ready = await preparePeer(suite.peer);
  const answers = (await askPeer(ready, suite.script, suite.cases())) as Readonly<Record<string, Answers>>;
  const { packages, jars } = suite.peer;
  return { peer: { packages, ...(jars ? { jars } : {}) }, answers };
}
