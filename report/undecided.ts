import type { OnInconclusive } from '../spec/types';

/** What a file has for a stage whose time is over without a decision. */
export const UNDECIDED: Readonly<Record<OnInconclusive, string>> = {
  hold: 'the share is held on',
  rollBack: 'it is withdrawn as undecided',
  ask: 'a person is asked',
  advance: 'it goes on without a decision',
};
