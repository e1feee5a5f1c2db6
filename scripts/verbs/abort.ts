import { personVerb } from '../person-verb';

/** `sluice abort`: accepted at once in every phase that goes forward, and always wins. */
export const abortVerb = personVerb({
  name: 'abort',
  outlives: true,
  examples: [
    [`sluice abort product-reviews --why 'wrong artifact'`, 'nothing goes forward any more; it rolls back'],
    [`sluice watch product-reviews`, 'see it through'],
  ],
});
