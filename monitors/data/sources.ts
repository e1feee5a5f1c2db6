import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { compareText } from './issues';
import type { SourceKey } from './types';

export interface LocalObject {
  readonly path: string;
  readonly key: SourceKey;
}

/** Files as they are, folders as the files below them; all in the order of their keys. Names that begin with `.` or `_` are no data. */
export async function objectsOf(sources: readonly LocalObject[]): Promise<readonly LocalObject[]> {
  const found = await Promise.all(sources.map(expanded));
  return found.flat().sort((a, b) => compareText(a.key.source, b.key.source));
}

async function expanded(source: LocalObject): Promise<readonly LocalObject[]> {
  if (!(await stat(source.path)).isDirectory()) return [source];
  const entries = await readdir(source.path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && !/^[._]/.test(entry.name));
  return Promise.all(
    files.map(async (entry): Promise<LocalObject> => {
      const file = path.join(entry.parentPath, entry.name);
      const below = path.relative(source.path, file).split(path.sep).join('/');
      const { size } = await stat(file);
      return {
        path: file,
        key: { source: `${source.key.source.replace(/\/+$/, '')}/${below}`, etag: null, bytes: size },
      };
    })
  );
}

/** The hour that a key ends its folders with, `…/<variant>/yyyy/mm/dd/hh/<file>`, and the variant before it, as data capture writes them. */
export function capturePlace(source: string): { readonly hourMs: number | null; readonly variant: string | null } {
  const [, variant, year, month, day, hour] =
    /(?:^|\/)([^/]+)\/(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/[^/]+$/.exec(source) ?? [];
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
  return Number.isNaN(atMs) ? { hourMs: null, variant: null } : { hourMs: atMs, variant: variant ?? null };
}
