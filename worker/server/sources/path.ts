import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../config';
import { PINS } from '../pins';
import { prove } from '../prove';
import { absent, type Source } from '../source';
import { messageOf } from '../../thrown';

async function isExecutable(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false
  );
}

/** What the user has installed, e.g. by a package manager; it must run and be new enough. */
export function pathSource(env: Environment): Source {
  return {
    name: 'PATH',
    find: async (kind) => {
      const name = PINS[kind].executable;
      const file = process.platform === 'win32' ? `${name}.exe` : name;
      // An empty entry would mean the current directory: nothing is run from there by accident.
      const folders = (env.PATH ?? env.Path ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
      const failures: string[] = [];
      for (const candidate of folders.map((folder) => path.join(folder, file))) {
        if (!(await isExecutable(candidate))) continue;
        try {
          return { outcome: 'binary', path: candidate, version: await prove(kind, candidate) };
        } catch (error) {
          failures.push(messageOf(error));
        }
      }
      return absent(failures.length > 0 ? failures.join('; ') : `has no \`${name}\``);
    },
  };
}
