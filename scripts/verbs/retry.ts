import { personVerb } from '../person-verb';

/** `sluice retry`: tries a step that failed again, now. */
export const retryVerb = personVerb({
  name: 'retry',

  examples: [[`sluice retry product-reviews --why 'quota was raised'`, 'instead of waiting for the next round']],
});
