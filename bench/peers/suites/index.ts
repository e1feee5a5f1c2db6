import type { PeerSuite } from '../types';
import { distancesSuite } from './distances';

/** All comparisons with peers: `npm run verify:peers` asks the peers, the tests compare with what they said then. */
export const suites: readonly PeerSuite[] = [distancesSuite];
