import { personVerb } from '../person-verb';

/** `sluice accept`: ends an incomplete rollback and leaves the endpoint as it is; update and signal are called `acceptCurrentState`. */
export const acceptVerb = personVerb({
  name: 'acceptCurrentState',
  examples: [
    [`sluice accept product-reviews --why 'brought back by hand'`, 'the rollout ends; nothing more is changed'],
  ],
});
