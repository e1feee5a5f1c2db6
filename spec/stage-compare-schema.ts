import { z } from 'zod';
import { duration, share } from './fields';
import { choice, positiveNumber, scalar, text, wholeNumber } from './scalar';
import { onInconclusive, untilDecided } from './stage-fields';
import { wordOrMap } from './word-or-map';

export function shadow() {
  return z
    .strictObject({
      sample: share('Percentage of the live requests that the candidate gets copies of.', '20%').prefault('20%'),
      until: z
        .strictObject({
          pairs: wholeNumber({ min: 1, example: 2000, describe: 'Requests that both models have answered.' }).prefault(
            2000
          ),
          atMost: duration('How long to copy before onInconclusive applies.').prefault('24h'),
        })
        .prefault({})
        .meta({ description: 'What ends the stage: enough pairs, and the pass of the guards that judge pairs.' }),
      engine: choice({
        what: 'an engine',
        values: ['variant', 'experiment', 'gateway'],
        describe: 'Who copies: a shadow variant, a SageMaker inference experiment, or the gateway.',
      }).prefault('variant'),
      onInconclusive: onInconclusive().optional(),
    })
    .meta({
      description: 'The candidate answers copies of live requests; its answers go nowhere but into the comparison.',
    });
}

export function abTest() {
  return z
    .strictObject({
      share: share(
        'Percentage for all candidates together, in equal parts; by default what makes all arms equal.',
        '50%'
      ).optional(),
      by: choice({
        what: 'a unit',
        values: ['user', 'request'],
        describe:
          'Whether a user stays with one variant or every request is drawn anew; by default what the routing can do.',
      }).optional(),
      until: untilDecided('What ends the test: a candidate that is better on the goal with every other guard passing.'),
      onInconclusive: onInconclusive().optional(),
    })
    .meta({ description: 'Fixed shares for long, until one candidate is shown to be better.' });
}

function bounds() {
  return scalar<readonly [number, number]>({
    what: 'a range',
    allowed: 'a lower and a higher number',
    example: '[0, 50]',
    describe: 'A request earns what its events carry, held to these bounds; 0 without an event.',
    json: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    read: (found) => {
      const list: readonly unknown[] = Array.isArray(found) ? found : [];
      const [low, high, ...more] = list;
      const isRange = Number.isFinite(low) && Number.isFinite(high) && Number(low) < Number(high) && more.length === 0;
      return isRange ? { ok: true, value: [Number(low), Number(high)] } : { ok: false };
    },
  });
}

export function bandit() {
  return z
    .strictObject({
      allocator: choice({
        what: 'an allocator',
        values: ['thompson', 'topTwoThompson', 'klUcb', 'epsilonGreedy'],
        describe: 'How rewards become shares.',
      }).prefault('thompson'),
      reward: wordOrMap({
        what: 'a reward',
        words: ['quality'],
        map: z.strictObject({
          event: text({
            what: 'a name',
            allowed: 'a name among `events`',
            example: 'conversion',
            describe: 'A request followed by this event earns one, or what the event carries.',
          }),
          value: bounds().optional(),
        }),
        example: '{ event: conversion }',
        describe: 'What a request earns: an event of `events`, what it carries, or a right answer by ground truth.',
      }).prefault('quality'),
      interval: duration('Length of one batch: shares change at most this often.').prefault('15m'),
      floor: share('Least percentage of an arm that is not benched.', '1%').prefault('1%'),
      deadBand: share('Shares stay while none would move by more than this.', '0.2%').prefault('0.2%'),
      discount: positiveNumber({
        example: 1,
        describe: 'What a reward is worth one batch later; 1 where arms do not change.',
      }).prefault(1),
      segments: z
        .strictObject({
          facet: text({
            what: 'a name',
            allowed: 'a name among `schema.facets`',
            example: 'category',
            describe: 'The facet of the request that tells segments apart.',
          }),
          values: z
            .array(
              text({
                what: 'a value',
                allowed: 'a value of the facet',
                example: 'phones',
                describe: 'A value that is learnt by itself.',
              })
            )
            .min(1)
            .meta({ description: 'Values that are learnt by themselves; all others are learnt together.' }),
        })
        .optional()
        .meta({ description: 'Learns which arm is best for each segment of the requests; needs a gateway.' }),
      until: untilDecided('What ends the stage: one arm (or the incumbent) is shown to be the best.'),
      onInconclusive: onInconclusive().optional(),
    })
    .meta({ description: 'Shares follow the rewards, until one arm is shown to be the best.' });
}

export function calibrate() {
  return z
    .strictObject({
      ticks: wholeNumber({
        min: 2,
        example: 60,
        describe: 'Closed windows to compare two slices of the incumbent over.',
      }).prefault(60),
      atMost: duration('How long to wait for them.').prefault('6h'),
    })
    .meta({
      description: 'Two slices of the incumbent, to measure how much its own rates wobble before the plan is fixed.',
    });
}
