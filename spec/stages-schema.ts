import { z } from 'zod';
import { exactlyOneOf } from './scalar';
import { approval } from './stage-approval-schema';
import { blueGreen } from './stage-blue-green-schema';
import { canary, linear } from './stage-canary-schema';
import { abTest, bandit, calibrate, shadow } from './stage-compare-schema';

/** One item of `stages`: a map with one key, the stage's kind. */
export function stage() {
  const kinds = {
    canary: canary().optional(),
    linear: linear().optional(),
    blueGreen: blueGreen().optional(),
    shadow: shadow().optional(),
    abTest: abTest().optional(),
    bandit: bandit().optional(),
    calibrate: calibrate().optional(),
    approval: approval().optional(),
  };
  const [first, second, ...rest] = Object.keys(kinds);
  if (first === undefined || second === undefined) throw new TypeError('there are several kinds of stage');
  return z
    .strictObject(kinds)
    .refine(...exactlyOneOf([first, second, ...rest], '{}'))
    .meta({
      minProperties: 1,
      maxProperties: 1,
      description: `One step of the rollout: ${Object.keys(kinds).join(', ')}.`,
    });
}
