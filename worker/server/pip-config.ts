import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Environment } from '../config';

/** What pip was told about reaching a package index. People behind a mirror have said it there already. */
export interface PipConfig {
  /** `index-url` first, then each `extra-index-url`; empty under `no-index`. */
  readonly indexes: readonly string[];
  /** A PEM file with the certificates to trust. */
  readonly cert?: string;
  readonly proxy?: string;
}

const PYPI = 'https://pypi.org/simple';

/** Files that pip reads, least important first: https://pip.pypa.io/en/stable/topics/configuration/. */
function configFiles(env: Environment): readonly string[] {
  const home = os.homedir();
  // pip reads no file at all when this names the null device.
  if (env.PIP_CONFIG_FILE === os.devNull) return [];
  const given = env.PIP_CONFIG_FILE ? [env.PIP_CONFIG_FILE] : [];
  if (process.platform === 'win32') {
    const roots = [env.ProgramData, env.APPDATA].flatMap((root) => (root ? [path.join(root, 'pip', 'pip.ini')] : []));
    return [...given, ...roots, ...(env.VIRTUAL_ENV ? [path.join(env.VIRTUAL_ENV, 'pip.ini')] : [])];
  }
  const user =
    process.platform === 'darwin'
      ? [path.join(home, 'Library', 'Application Support', 'pip', 'pip.conf'), path.join(home, '.config/pip/pip.conf')]
      : [path.join(env.XDG_CONFIG_HOME ?? path.join(home, '.config'), 'pip', 'pip.conf')];
  return [
    ...given,
    '/etc/pip.conf',
    path.join(home, '.pip', 'pip.conf'),
    ...user,
    ...(env.VIRTUAL_ENV ? [path.join(env.VIRTUAL_ENV, 'pip.conf')] : []),
  ];
}

/** Python's INI dialect as far as these files use it: sections, `key = value`, indented continuation lines, comments. */
export function parseIni(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  let key = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const pair = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (header !== undefined) section = header.trim();
    else if (/^\s/.test(line)) values.set(key, `${values.get(key) ?? ''} ${line.trim()}`.trim());
    else if (pair?.[1] !== undefined) {
      key = `${section}.${pair[1].trim().toLowerCase().replaceAll('_', '-')}`;
      values.set(key, (pair[2] ?? '').trim());
    }
  }
  return values;
}

/** Reads pip's settings as `pip download` would see them: environment over files; unreadable files are skipped. */
export async function readPipConfig(env: Environment): Promise<PipConfig> {
  const texts = await Promise.all(configFiles(env).map((file) => readFile(file, 'utf8').catch(() => '')));
  const merged = new Map(texts.flatMap((text) => [...parseIni(text)]));
  const setting = (name: string): string | undefined =>
    env[`PIP_${name.toUpperCase().replaceAll('-', '_')}`] ||
    merged.get(`download.${name}`) ||
    merged.get(`global.${name}`) ||
    undefined;
  const extra = setting('extra-index-url')?.split(/\s+/).filter(Boolean) ?? [];
  const noIndex = /^(1|t|true|y|yes|on)$/i.test(setting('no-index') ?? '');
  const cert = setting('cert');
  const proxy = setting('proxy');
  return {
    indexes: noIndex ? [] : [setting('index-url') ?? PYPI, ...extra],
    ...(cert === undefined ? {} : { cert }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}
