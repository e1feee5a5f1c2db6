import { personVerb } from '../person-verb';

/** `sluice revoke`: takes one's own approval back, until it was acted on. */
export const revokeVerb = personVerb({
  name: 'revoke',

  examples: [[`sluice revoke product-reviews --why 'looked at the wrong week'`, 'it waits for approval again']],
});
