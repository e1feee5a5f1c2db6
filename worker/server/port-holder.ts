import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Inode of the socket that listens on a port, from Linux's socket tables (proc(5): `/proc/net/tcp`). */
async function listeningInode(port: number): Promise<string | undefined> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => ''))
  );
  const LISTEN = '0A';
  return tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .find((fields) => fields[1]?.endsWith(suffix) && fields[3] === LISTEN)?.[9];
}

async function holds(pid: string, inode: string): Promise<boolean> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const fd of fds) {
    if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === `socket:[${inode}]`) return true;
  }
  return false;
}

/**
 * Who listens on a local port, e.g. `temporal (pid 4711)`. Linux only, and only processes that this user may look at;
 * `undefined` when it cannot be told.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holds(pid, inode))) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return `${path.basename(commandLine.split('\0')[0] || 'process')} (pid ${pid})`;
  }
  return undefined;
}
