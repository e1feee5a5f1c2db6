import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Peer } from './types';

const run = promisify(execFile);

export interface ReadyPeer {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes the peer's environment where it is not there yet: Python from PATH, packages by pip (which knows the user's index), jars from
 * Maven Central or what `SLUICE_MAVEN` names. Throws with pip's own words.
 */
export async function preparePeer(peer: Peer, root = path.resolve('.sluice', 'peers')): Promise<ReadyPeer> {
  const pinned = createHash('sha256').update(peer.packages.join(' ')).digest('hex').slice(0, 8);
  const folder = path.join(root, `${peer.name}-${pinned}`);
  const python = path.join(folder, 'bin', 'python');
  const done = path.join(folder, 'complete');
  if (!(await exists(done))) {
    await run('python3', ['-m', 'venv', '--clear', folder], { timeout: 120_000 });
    // Spark is 300 MB; twenty minutes is a slow line.
    await run(python, ['-m', 'pip', 'install', '-q', ...peer.packages], { timeout: 1_200_000, maxBuffer: 1 << 26 });
    await writeFile(done, peer.packages.join('\n'));
  }
  const jars: string[] = [];
  for (const jar of peer.jars ?? []) jars.push(await fetchJar(jar, path.join(root, 'jars')));
  return { python, env: { PEER_JARS: jars.join(',') } };
}

async function fetchJar(coordinates: string, folder: string): Promise<string> {
  const [group, artifact, version] = coordinates.split(':');
  if (!group || !artifact || !version) throw new RangeError(`${coordinates} is not group:artifact:version`);
  const file = path.join(folder, `${artifact}-${version}.jar`);
  if (await exists(file)) return file;
  const base = process.env['SLUICE_MAVEN'] ?? 'https://repo1.maven.org/maven2';
  const url = `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${artifact}-${version}.jar`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${coordinates}: HTTP ${response.status}`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.part`, Buffer.from(await response.arrayBuffer()));
  await rename(`${file}.part`, file);
  return file;
}

/** Runs a script of `bench/peers/scripts/`; what it prints on standard output is JSON, whatever else it says goes to standard error. */
export async function askPeer(ready: ReadyPeer, script: string, input: unknown): Promise<unknown> {
  const file = path.resolve('bench', 'peers', 'scripts', script);
  const child = spawn(ready.python, [file], { env: { ...process.env, ...ready.env }, stdio: 'pipe' });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A script that ends early says why on standard error; the broken pipe would hide it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(input));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${Buffer.concat(err).toString().slice(-2000)}`);
  return JSON.parse(Buffer.concat(out).toString());
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false
  );
