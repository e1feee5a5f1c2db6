import { z } from 'zod';
import { duration, rate, rateOrNone } from './fields';
import { furtherGuards } from './further-guards-schema';
import { base } from './guard-fields';
import { responsibleGuards } from './responsible-guards-schema';
import { choice, exactlyOneOf, positiveNumber } from './scalar';
import { thresholdGuards } from './threshold-guards-schema';
import { wordOrMap } from './word-or-map';

/** One item of `guards`, told apart by `kind`. */
export function guard() {
  return z
    .discriminatedUnion('kind', [
      errorsGuard(),
      qualityGuard(),
      ...furtherGuards(),
      ...thresholdGuards(),
      ...responsibleGuards(),
    ])
    .meta({ description: 'A judge of the evidence.' });
}

function errorsGuard() {
  return z
    .strictObject({
      kind: z.literal('errors').meta({ description: 'Judges the rate of failed requests.' }),
      statuses: choice({
        what: 'a set of statuses',
        values: ['5xx', '4xx+5xx'],
        describe: 'Which HTTP answers are bad events.',
      }).prefault('5xx'),
      rollbackAt: rollbackAt(),
      promoteWithin: promoteWithin().prefault({ oddsRatio: 1.5 }),
      slo: rateOrNone(
        "Absolute route to promotion: the candidate's error rate is shown to be below this. Without it (none) a pair that never fails never decides.",
        '0.5%'
      ).prefault('0.5%'),
      unit: unit().optional(),
      ...base(),
    })
    .meta({ description: 'Failed requests of the candidate against those of the incumbent.' });
}

function qualityGuard() {
  return z
    .strictObject({
      kind: z.literal('quality').meta({ description: 'Judges predictions against labels that arrive later.' }),
      metric: choice({ what: 'a metric', values: ['accuracy'], describe: 'What is compared.' }).prefault('accuracy'),
      rollbackAt: rollbackAt(),
      promoteWithin: promoteWithin().prefault({ absolute: '2%' }),
      unit: unit().optional(),
      ...base(),
    })
    .meta({
      description:
        'Wrong predictions of the candidate against those of the incumbent; needs groundTruth and schema.prediction.',
    });
}

function unit() {
  return wordOrMap({
    what: 'a unit',
    words: ['request', 'user'],
    map: z.strictObject({ user: duration('A user counts once in this long.') }),
    example: '{ user: 6h }',
    describe:
      'What one trial is: a request, or one user once in a while (an hour). By default users where a gateway draws them and the file has `exposures`.',
  });
}

function rollbackAt() {
  return z
    .strictObject({
      oddsRatio: positiveNumber({
        example: 1,
        describe: 'Roll back once the odds ratio of bad events is shown to exceed this.',
      }).prefault(1),
    })
    .prefault({})
    .meta({ description: 'When the candidate counts as worse.' });
}

function promoteWithin() {
  return z
    .strictObject({
      oddsRatio: positiveNumber({
        example: 1.5,
        describe: 'Odds ratio of bad events, candidate to incumbent.',
      }).optional(),
      absolute: rate('Difference of the rates of bad events.', '2%').optional(),
    })
    .refine(...exactlyOneOf(['oddsRatio', 'absolute'], '1.5'))
    .meta({
      minProperties: 1,
      maxProperties: 1,
      description: 'How much worse the candidate may be and still be promoted.',
    });
}
