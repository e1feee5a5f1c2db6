import { personVerb } from '../person-verb';

/** `sluice resume`: goes on after a pause. */
export const resumeVerb = personVerb({
  name: 'resume',

  examples: [[`sluice resume product-reviews --why 'sale is over'`, 'deadlines move by the length of the pause']],
});
