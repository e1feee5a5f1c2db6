import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../config';
import { cachedPath, type Origin } from '../cache';
import type { Platform } from '../platform';
import { prove } from '../prove';
import { absent, type Source } from '../source';
import { messageOf } from '../../thrown';

const ORIGINS: readonly Origin[] = ['sdk', 'wheel'];

/** What an earlier run downloaded. A file there that does not run is passed over, and replaced by the next download. */
export function cachedSource({ env, platform }: { readonly env: Environment; readonly platform: Platform }): Source {
  return {
    name: 'cache',
    find: async (kind) => {
      const failures: string[] = [];
      for (const file of ORIGINS.map((origin) => cachedPath(kind, { origin, env, platform }))) {
        if (await access(file).catch(() => 'missing')) continue;
        try {
          return { outcome: 'binary', path: file, version: await prove(kind, file) };
        } catch (error) {
          failures.push(messageOf(error));
        }
      }
      const directory = path.dirname(cachedPath(kind, { origin: 'sdk', env, platform }));
      return absent(failures.length > 0 ? failures.join('; ') : `nothing in ${directory}`);
    },
  };
}
