import { personVerb } from '../person-verb';

/** `sluice settle`: ends the watch after a promotion. */
export const settleVerb = personVerb({
  name: 'settle',

  examples: [
    [`sluice settle product-reviews --why 'numbers are quiet'`, 'the endpoint is rewritten to the new model alone'],
  ],
});
