import { personVerb } from '../person-verb';

/** `sluice advance`: goes on to the next stage without waiting for evidence. */
export const advanceVerb = personVerb({
  name: 'advance',

  examples: [
    [
      `sluice advance product-reviews --why 'night traffic is too thin to tell'`,
      'the override is kept with the decision',
    ],
  ],
});
