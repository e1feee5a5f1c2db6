import { personVerb } from '../person-verb';

/** `sluice reject`: turns a waiting rollout back. */
export const rejectVerb = personVerb({
  name: 'reject',

  examples: [[`sluice reject product-reviews --why 'too slow on long reviews'`, 'the incumbent keeps all traffic']],
});
