import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../log';
import { withLock } from './lock';
import { prove } from './prove';
import type { BinaryKind } from './source';

const WORK_PREFIX = '.partial-';
/** Nobody downloads for longer; what is older was left by a process that died. */
const ABANDONED_MS = 60 * 60 * 1000;

async function sweep(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(WORK_PREFIX));
  await Promise.all(
    names.map(async (name) => {
      const full = path.join(directory, name);
      const age =
        Date.now() -
        (await stat(full).then(
          (s) => s.mtimeMs,
          () => Date.now()
        ));
      if (age > ABANDONED_MS) await rm(full, { recursive: true, force: true });
    })
  );
}

export interface Installed {
  readonly path: string;
  readonly version: string;
}

/**
 * Puts an executable into the cache, once for all processes of this user. `produce` writes it to the path it is given, in a
 * private directory beside the target; it is proven to run there, and only then renamed. Whoever dies in between leaves no
 * executable under the final name, and two who do it at once end with the same file.
 */
export async function installOnce(
  target: string,
  {
    kind,
    produce,
    log,
  }: { readonly kind: BinaryKind; readonly produce: (file: string) => Promise<void>; readonly log: Log }
): Promise<Installed> {
  const directory = path.dirname(target);
  await mkdir(directory, { recursive: true });
  const work = async (): Promise<Installed> => {
    const earlier = await prove(kind, target).catch(() => undefined);
    if (earlier !== undefined) return { path: target, version: earlier };
    await sweep(directory);
    const scratch = await mkdtemp(path.join(directory, WORK_PREFIX));
    try {
      const file = path.join(scratch, path.basename(target));
      await produce(file);
      const version = await prove(kind, file);
      await rename(file, target);
      log.info(`installed ${path.basename(target)}`, { path: target, version });
      return { path: target, version };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
  return withLock(`${target}.lock`, { work, log });
}
