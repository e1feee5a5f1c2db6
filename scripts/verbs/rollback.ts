import { personVerb } from '../person-verb';

/** `sluice rollback`: rolls back, also while a promoted model is watched, unless what it returns to is unhealthy. */
export const rollbackVerb = personVerb({
  name: 'rollback',

  examples: [
    [
      `sluice rollback product-reviews --why 'complaints from support'`,
      'looks at both sides, then brings the old model back',
    ],
    [`sluice abort product-reviews --why 'go back whatever it is'`, 'without looking'],
  ],
});
