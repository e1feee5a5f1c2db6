import type { Peer } from '../types';

/** One environment for what is compared with SciPy and scikit-learn. */
export const SCIENTIFIC: Peer = { name: 'scientific', packages: ['scipy==1.17.1', 'scikit-learn==1.9.1'] };
