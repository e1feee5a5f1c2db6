import { personVerb } from '../person-verb';

/** `sluice promote`: promotes without waiting for evidence. */
export const promoteVerb = personVerb({
  name: 'promote',

  examples: [
    [`sluice promote product-reviews --why 'urgent fix, tested offline'`, 'the override is kept with the decision'],
  ],
});
