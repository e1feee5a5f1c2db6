import { z } from 'zod';
import { placePath } from './addresses';
import { rate, rateOrNone } from './fields';
import { base, incumbentQuantiles, kind, optionalBase, points, quantileNames } from './guard-fields';
import { atMostOneOf, choice, exactlyOneOf, positiveNumber, text, wholeNumber } from './scalar';

/** Guards that compare the arms, beside errors and quality, and those that watch over the evidence. */
export function furtherGuards() {
  return [
    business(),
    goal(),
    shadow(),
    latency(),
    mean(),
    shadowScore(),
    split(),
    coverage('captureLoss', 'Captured requests of those that were to be captured.', '1%'),
    coverage('labelLoss', 'Labels of the predictions whose cohort is closed.', 'none'),
  ] as const;
}

const oddsRatio = (describe: string, example: number) =>
  z
    .strictObject({ oddsRatio: positiveNumber({ describe, example }).prefault(example) })
    .prefault({})
    .meta({ description: describe });

const unit = () => choice({ what: 'a unit', values: ['request', 'user'], describe: "What one trial is; the event's." });

const event = () =>
  text({
    what: 'the name of an event',
    allowed: 'a name among `events`',
    example: 'conversion',
    describe: 'Which of the events of the file.',
  });

const value = () =>
  placePath('Where the value stands in the response: a JSON path, or a CSV column index.', {
    of: 'response',
    example: '$.predictions[0].score',
  });

const higherIs = () => choice({ what: 'a direction', values: ['better', 'worse'], describe: 'Which way is better.' });

function business() {
  return z
    .strictObject({
      kind: kind('business', 'Judges how often an event follows.'),
      event: event().optional(),
      unit: unit().optional(),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of misses.', 1),
      promoteWithin: z
        .strictObject({
          oddsRatio: positiveNumber({ example: 1.5, describe: 'Odds ratio of misses.' }).optional(),
          absolute: rate('Difference of the rates of misses.', '1%').optional(),
        })
        .refine(...exactlyOneOf(['oddsRatio', 'absolute'], '1.5'))
        .prefault({ absolute: '1%' })
        .meta({ minProperties: 1, maxProperties: 1, description: 'How much rarer the event may be.' }),
      ...base(),
    })
    .meta({ description: 'Units that missed an event, not to be more by a margin.' });
}

function goal() {
  return z
    .strictObject({
      kind: kind('goal', 'Judges whether an event follows more often.'),
      event: event().optional(),
      unit: unit().optional(),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of misses.', 1),
      ...base(),
    })
    .meta({
      description: 'Units that missed an event: the candidate is to be better, at the budget for false winners.',
    });
}

function shadow() {
  return z
    .strictObject({
      kind: kind('shadow', 'Judges pairs of answers to one request.'),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of discordant pairs.', 1),
      promoteWithin: oddsRatio('Odds ratio of discordant pairs.', 1.5),
      slo: rateOrNone('Pairs that only the candidate gets wrong are shown to be below this.', '1%').prefault('none'),
      ...base(),
    })
    .meta({ description: 'Requests that both models answered, and whose label is known.' });
}

function latency() {
  return z
    .strictObject({
      kind: kind('latency', 'Judges how slow the answers are.'),
      quantiles: quantileNames().optional(),
      incumbent: incumbentQuantiles().optional(),
      promoteWithin: z
        .strictObject({
          ratio: positiveNumber({ example: 1.25, describe: 'How many times slower it may be.' }).prefault(1.25),
        })
        .prefault({})
        .meta({ description: 'How much slower the candidate may be and still be promoted.' }),
      mode: choice({ what: 'a mode', values: ['exact', 'fleetNoise'], describe: 'How noise is treated.' }).optional(),
      ...base(),
    })
    .refine(...atMostOneOf(['quantiles', 'incumbent']))
    .meta({ description: "Requests slower than the incumbent's own quantiles." });
}

const difference = (example: number) =>
  z
    .strictObject({ difference: positiveNumber({ example, describe: 'How much worse the mean may be.' }) })
    .meta({ description: "A margin in the value's own unit." });

function mean() {
  return z
    .strictObject({
      kind: kind('mean', 'Judges the mean of a value.'),
      value: value().optional(),
      event: event().optional(),
      higherIs: higherIs(),
      promoteWithin: difference(0.5),
      unit: unit().optional(),
      points: points().optional(),
      leastN: wholeNumber({ min: 2, example: 200, describe: 'Values on each arm before it decides.' }).prefault(200),
      ...base(),
    })
    .refine(...atMostOneOf(['value', 'event']))
    .meta({ description: 'The mean of a value: by betting on `points`, or by scores where it has no bounds.' });
}

function shadowScore() {
  return z
    .strictObject({
      kind: kind('shadowScore', 'Judges the shift of a score between pairs of answers.'),
      value: value().optional(),
      higherIs: higherIs(),
      promoteWithin: difference(0.05),
      points: points(),
      ...base(),
    })
    .meta({ description: 'The shift of a score between two answers to one request.' });
}

const alpha = () => rate('Probability of ever holding a rollout wrongly.', '0.1%').prefault('0.1%');

function split() {
  return z
    .strictObject({
      kind: kind('split', 'Watches how the traffic is split.'),
      alpha: alpha(),
      leastExpected: wholeNumber({
        min: 1,
        example: 30,
        describe: 'Requests due to the candidate before it passes.',
      }).prefault(30),
      ...optionalBase(),
    })
    .meta({ description: 'Whether traffic is split as configured; holds the rollout when not.' });
}

function coverage<K extends 'captureLoss' | 'labelLoss'>(name: K, describe: string, tolerated: string) {
  return z
    .strictObject({
      kind: kind(name, 'Watches what is recorded.'),
      alpha: alpha(),
      tolerated: rateOrNone('Largest share that may be missing on an arm.', '1%').prefault(tolerated),
      leastDue: wholeNumber({ min: 1, example: 100, describe: 'Records due on each arm before it passes.' }).prefault(
        100
      ),
      ...optionalBase(),
    })
    .meta({ description: describe });
}
