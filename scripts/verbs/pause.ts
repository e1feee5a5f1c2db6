import { personVerb } from '../person-verb';

/** `sluice pause`: holds the traffic where it is while guards judge on. */
export const pauseVerb = personVerb({
  name: 'pause',

  examples: [
    [`sluice pause product-reviews --why 'sale until Monday'`, 'a failed guard still rolls it back'],
    [`sluice resume product-reviews --why 'sale is over'`, 'deadlines move by the length of the pause'],
  ],
});
