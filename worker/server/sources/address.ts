import type { Environment } from '../../config';
import { absent, type Source } from '../source';

/** A cluster that somebody else runs: then no executable is needed at all. It cannot skip time. */
export function addressSource(env: Environment): Source {
  return {
    name: 'TEMPORAL_ADDRESS',
    find: async (kind) => {
      if (kind !== 'cli') return absent('a cluster cannot skip time');
      return env.TEMPORAL_ADDRESS ? { outcome: 'address', address: env.TEMPORAL_ADDRESS } : absent('is not set');
    },
  };
}
