import type { PeerSuite } from '../types';
import { attributionSuite } from './attribution';
import { biasSuite } from './bias';
import { componentsSuite } from './components';
import { deequSuite } from './deequ';
import { detectorsSuite } from './detectors';
import { distancesSuite } from './distances';
import { estimatesSuite } from './estimates';
import { profilesSuite } from './profiles';
import { qualitySuite } from './quality';

/** All comparisons with peers: `npm run verify:peers` asks the peers, the tests compare with what they said then. */
export const suites: readonly PeerSuite[] = [
  distancesSuite,
  deequSuite,
  profilesSuite,
  componentsSuite,
  qualitySuite,
  estimatesSuite,
  detectorsSuite,
  biasSuite,
  attributionSuite,
];
