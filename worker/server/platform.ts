import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Environment } from '../config';

/** The machine as far as executables are concerned. */
export interface Platform {
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64';
  /** Only Linux has a choice. */
  readonly libc?: 'glibc' | 'musl';
}

const report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

function libc(): 'glibc' | 'musl' {
  // The report would otherwise look up the names of all open connections, which may take seconds.
  const process_ = Object.assign(process.report, { excludeNetwork: true });
  const parsed = report.safeParse(process_.getReport());
  return parsed.success && parsed.data.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** This machine, or `undefined` when nobody builds Temporal's servers for it. */
export function thisPlatform(): Platform | undefined {
  const { platform, arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') return undefined;
  if (platform === 'linux') return { os: platform, arch, libc: libc() };
  return platform === 'darwin' || platform === 'win32' ? { os: platform, arch } : undefined;
}

/** For file names and messages: `linux-x64`, `linux-arm64-musl`, `darwin-arm64`. */
export function platformName({ os, arch, libc }: Platform): string {
  return `${os}-${arch}${libc === 'musl' ? '-musl' : ''}`;
}

export function executableSuffix(platform: Platform): '' | '.exe' {
  return platform.os === 'win32' ? '.exe' : '';
}

/**
 * Whether a wheel's platform tag fits, and how well: 0 is native, 1 runs by the system's translation of x86-64, `undefined`
 * does not run; `any` holds no machine code. Tags: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/. The libc's
 * version is not compared: the executables are linked statically, and are proven to run before they are kept.
 */
export function wheelFit(tag: string, { os, arch, libc }: Platform): number | undefined {
  if (tag === 'any') return 0;
  const linuxArch = arch === 'x64' ? 'x86_64' : 'aarch64';
  switch (os) {
    case 'linux': {
      const family = libc === 'musl' ? 'musllinux' : 'manylinux';
      return tag === `linux_${linuxArch}` || (tag.startsWith(family) && tag.endsWith(`_${linuxArch}`)) ? 0 : undefined;
    }
    case 'darwin': {
      if (!tag.startsWith('macosx_')) return undefined;
      if (tag.endsWith('_universal2') || tag.endsWith(arch === 'arm64' ? '_arm64' : '_x86_64')) return 0;
      return arch === 'arm64' && tag.endsWith('_x86_64') ? 1 : undefined;
    }
    case 'win32': {
      if (tag === (arch === 'arm64' ? 'win_arm64' : 'win_amd64')) return 0;
      return arch === 'arm64' && tag === 'win_amd64' ? 1 : undefined;
    }
  }
}

/**
 * Where this user's downloads live: `$XDG_CACHE_HOME/sluice` when set, else the system's own place for caches
 * (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`).
 */
export function cacheDirectory(env: Environment): string {
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)) return path.join(env.XDG_CACHE_HOME, 'sluice');
  switch (process.platform) {
    case 'darwin':
      return path.join(os.homedir(), 'Library', 'Caches', 'sluice');
    case 'win32':
      return path.join(env.LOCALAPPDATA ?? path.join(os.homedir(), 'AppData', 'Local'), 'sluice', 'cache');
    default:
      return path.join(os.homedir(), '.cache', 'sluice');
  }
}
