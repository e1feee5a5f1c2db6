import { personVerb } from '../person-verb';

/** `sluice approve`: lets a waiting rollout go on. */
export const approveVerb = personVerb({
  name: 'approve',

  examples: [
    [`sluice approve product-reviews --why 'numbers look right'`, 'as yourself'],
    [`sluice approve product-reviews --why ok --who ana@example.org`, 'as the file names you'],
  ],
});
