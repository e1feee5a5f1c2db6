import { z } from 'zod';
import { duration, durationOrZero, share } from './fields';
import { choice, exactlyOneOf, text, wholeNumber } from './scalar';
import { onInconclusive, until } from './stage-fields';
import type { Misplaced } from './word-or-map';
import { misplacedKeys, wordOrMap } from './word-or-map';

/** What each engine does when the file leaves it open. */
export const BY_WEIGHTS = { warmUp: 20, holdback: '5%', until: { decided: true, atMost: '24h' } } as const;
export const BY_GUARDRAILS = { shift: 'allAtOnce', wait: '10m', terminationWait: '10m', maximum: '2h' } as const;

const KEYS_BY_ENGINE = {
  weights: ['warmUp', 'holdback', 'until'],
  guardrails: ['shift', 'wait', 'terminationWait', 'maximum', 'alarms'],
} as const;

/** Every key of both engines is optional, so that `blueGreen: {}` is one; `to-stage.ts` settles the defaults of the chosen engine. */
export function blueGreen() {
  return z
    .strictObject({
      engine: choice({
        what: 'an engine',
        values: ['weights', 'guardrails'],
        describe:
          "Who shifts: Sluice by variant weights, or SageMaker's own deployment guardrails (a second fleet under the same variant name).",
      }).prefault('weights'),
      warmUp: wholeNumber({
        min: 0,
        example: 20,
        describe: 'Marked requests that the dark candidate answers before the swap. Engine weights.',
      })
        .optional()
        .meta({ default: BY_WEIGHTS.warmUp }),
      holdback: share('Percentage that stays on the incumbent, to compare with. Engine weights.')
        .optional()
        .meta({ default: BY_WEIGHTS.holdback }),
      until: until().optional().meta({ default: BY_WEIGHTS.until }),
      shift: shift().optional().meta({ default: BY_GUARDRAILS.shift }),
      wait: durationOrZero('How long SageMaker bakes after each step. Engine guardrails.')
        .optional()
        .meta({ default: BY_GUARDRAILS.wait }),
      terminationWait: durationOrZero('How long the old fleet is kept after the shift. Engine guardrails.')
        .optional()
        .meta({ default: BY_GUARDRAILS.terminationWait }),
      maximum: duration('After this long SageMaker gives up and rolls back. Engine guardrails.')
        .optional()
        .meta({ default: BY_GUARDRAILS.maximum }),
      alarms: z
        .array(
          text({
            what: 'a name',
            allowed: 'the name of a CloudWatch alarm',
            example: 'reviews-p99',
            describe: 'An alarm.',
          })
        )
        .optional()
        .meta({
          description: 'Existing CloudWatch alarms that roll back, beside those that Sluice makes. Engine guardrails.',
        }),
      onInconclusive: onInconclusive().optional(),
    })
    .check(
      misplacedKeys((map) => {
        const other = map['engine'] === 'weights' ? 'guardrails' : 'weights';
        const misplaced: Misplaced = {
          because: `belongs to \`engine: ${other}\``,
          remedy: `Remove it, or write \`engine: ${other}\`.`,
          allowed: ['engine', ...KEYS_BY_ENGINE[other === 'weights' ? 'guardrails' : 'weights'], 'onInconclusive'].join(
            ', '
          ),
        };
        return Object.fromEntries(
          KEYS_BY_ENGINE[other].filter((key) => map[key] !== undefined).map((key) => [key, misplaced])
        );
      })
    )
    .meta({ description: 'Swap all traffic but a holdback at once, with the old model kept for an instant way back.' });
}

function shift() {
  const map = z
    .strictObject({
      canary: share('First a share of the fleet, then all of it; at most half.').optional(),
      linear: share('Steps of this share of the fleet, from a tenth to half.').optional(),
      rolling: share('Instances are replaced in batches of this share, from a twentieth to half.').optional(),
    })
    .refine(...exactlyOneOf(['canary', 'linear', 'rolling'], '25%'))
    .meta({ minProperties: 1, maxProperties: 1 });
  return wordOrMap({
    what: 'a way to shift',
    words: ['allAtOnce'],
    map,
    example: '{ canary: 25% }',
    describe: 'How SageMaker shifts traffic to the new fleet; shares are of the fleet. Engine guardrails.',
  });
}
