import { z } from 'zod';
import { rate, rateOrNone } from './fields';
import { incumbentQuantiles, points } from './guard-fields';
import { choice, exactlyOneOf, flag, positiveNumber, scalar, text, wholeNumber } from './scalar';

/** The kinds of guard that a guards file knows beside those of the rollout file. */
export function furtherGuards() {
  return [
    outcome('business', 'Units that missed an event, not to be more by a margin.'),
    goal(),
    shadow(),
    latency(),
    mean(),
    shadowScore(),
    split(),
    coverage('captureLoss', 'Captured requests of those that were to be captured.', '1%'),
    coverage('labelLoss', 'Labels of the predictions whose cohort is closed.', 'none'),
    threshold(),
    alarm(),
    webhook(),
    outputDrift(),
  ] as const;
}

const base = () => ({
  required: flag({ describe: "Whether promotion needs this guard's pass." }).prefault(true),
  weight: positiveNumber({
    example: 1,
    describe: 'Its part of the false-rollback budget, against the others.',
  }).prefault(1),
});

const optionalBase = () => ({
  ...base(),
  required: flag({ describe: 'Whether promotion needs its pass.' }).prefault(false),
});

const oddsRatio = (describe: string, example: number) =>
  z.strictObject({ oddsRatio: positiveNumber({ describe, example }).prefault(example) }).prefault({});

const unit = () =>
  choice({ what: 'a unit', values: ['request', 'user'], describe: 'What one trial is.' }).prefault('request');

const higherIs = () => choice({ what: 'a direction', values: ['better', 'worse'], describe: 'Which way is better.' });

function outcome<K extends 'business'>(kind: K, describe: string) {
  return z
    .strictObject({
      kind: z.literal(kind),
      unit: unit(),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of misses.', 1),
      promoteWithin: z
        .strictObject({
          oddsRatio: positiveNumber({ example: 1.5, describe: 'Odds ratio of misses.' }).optional(),
          absolute: rate('Difference of the rates of misses.', '1%').optional(),
        })
        .refine(...exactlyOneOf(['oddsRatio', 'absolute'], '1.5'))
        .prefault({ absolute: '1%' }),
      ...base(),
    })
    .meta({ description: describe });
}

function goal() {
  return z
    .strictObject({
      kind: z.literal('goal'),
      unit: unit(),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of misses.', 1),
      ...base(),
    })
    .meta({ description: 'Units that missed an event: the candidate is to be better.' });
}

function shadow() {
  return z
    .strictObject({
      kind: z.literal('shadow'),
      rollbackAt: oddsRatio('Roll back beyond this odds ratio of discordant pairs.', 1),
      promoteWithin: oddsRatio('Odds ratio of discordant pairs.', 1.5),
      slo: rateOrNone('Pairs that only the candidate gets wrong are shown to be below this.', '1%').prefault('none'),
      ...base(),
    })
    .meta({ description: 'Requests that both models answered.' });
}

function latency() {
  return z
    .strictObject({
      kind: z.literal('latency'),
      incumbent: incumbentQuantiles(),
      promoteWithin: z
        .strictObject({ ratio: positiveNumber({ example: 1.2, describe: 'How many times slower it may be.' }) })
        .prefault({ ratio: 1.2 }),
      mode: choice({ what: 'a mode', values: ['exact', 'fleetNoise'], describe: 'How noise is treated.' }).optional(),
      ...base(),
    })
    .meta({ description: "Requests slower than the incumbent's own quantiles." });
}

const difference = (example: number) =>
  z.strictObject({ difference: positiveNumber({ example, describe: 'How much worse the mean may be.' }) });

function mean() {
  return z
    .strictObject({
      kind: z.literal('mean'),
      higherIs: higherIs(),
      promoteWithin: difference(0.5),
      unit: unit(),
      points: points().optional(),
      leastN: wholeNumber({ min: 2, example: 200, describe: 'Values on each arm before it decides.' }).prefault(200),
      ...base(),
    })
    .meta({ description: 'The mean of a value: by betting on `points`, or by scores where it has no bounds.' });
}

function shadowScore() {
  return z
    .strictObject({
      kind: z.literal('shadowScore'),
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
      kind: z.literal('split'),
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

function coverage<K extends 'captureLoss' | 'labelLoss'>(kind: K, describe: string, tolerated: string) {
  return z
    .strictObject({
      kind: z.literal(kind),
      alpha: alpha(),
      tolerated: rateOrNone('Largest share that may be missing on an arm.', '1%').prefault(tolerated),
      leastDue: wholeNumber({ min: 1, example: 100, describe: 'Records due on each arm before it passes.' }).prefault(
        100
      ),
      ...optionalBase(),
    })
    .meta({ description: describe });
}

const allowance = () => ({
  allowedFailures: wholeNumber({ min: 0, example: 0, describe: 'Bad ticks that are still allowed.' }).prefault(0),
  window: wholeNumber({ min: 1, example: 5, describe: 'Ticks that are looked back over; by default all.' }).optional(),
  leastTicks: wholeNumber({ min: 1, example: 1, describe: 'Ticks with data before it passes.' }).prefault(1),
  then: choice({
    what: 'a consequence',
    values: ['rollBack', 'hold', 'alert'],
    describe: 'What a failure means.',
  }).prefault('rollBack'),
  ...base(),
});

function threshold() {
  const number = (describe: string) =>
    scalar<number>({
      what: 'a number',
      allowed: 'a number',
      example: '0',
      describe,
      json: { type: 'number' },
      read: (found) =>
        typeof found === 'number' && Number.isFinite(found) ? { ok: true, value: found } : { ok: false },
    });
  const words = { what: 'a metric', allowed: 'words', example: 'CPU %', describe: 'What is measured.' };
  return z
    .strictObject({
      kind: z.literal('threshold'),
      metric: text(words),
      above: number('Bad above this.').optional(),
      below: number('Bad below this.').optional(),
      ...allowance(),
    })
    .refine(...exactlyOneOf(['above', 'below'], '0'))
    .meta({ description: 'A number a tick against a limit.' });
}

function alarm() {
  return z
    .strictObject({
      kind: z.literal('alarm'),
      name: text({ what: 'a name', allowed: 'the name of an alarm', example: 'reviews-p99', describe: 'The alarm.' }),
      missingData: choice({
        what: 'a treatment',
        values: ['missing', 'notBreaching', 'breaching', 'ignore'],
        describe: "The alarm's own TreatMissingData.",
      }).prefault('missing'),
      ...allowance(),
    })
    .meta({ description: 'A CloudWatch alarm.' });
}

function webhook() {
  const url = {
    what: 'a URL',
    allowed: 'https://… or http://…',
    example: 'https://check.example.org',
    pattern: '^https?://\\S+$',
  };
  return z
    .strictObject({ kind: z.literal('webhook'), url: text({ ...url, describe: 'The check.' }), ...allowance() })
    .meta({ description: 'The answer of an HTTP check.' });
}

function outputDrift() {
  return z
    .strictObject({
      kind: z.literal('outputDrift'),
      threshold: positiveNumber({ example: 0.1, describe: 'Largest distance that is good.' }),
      distance: choice({
        what: 'a distance',
        values: ['lInfinity', 'jensenShannon', 'kolmogorovSmirnov'],
        describe: 'How distributions are compared.',
      }).prefault('lInfinity'),
      leastN: wholeNumber({ min: 1, example: 500, describe: 'Answers of each arm that a window needs.' }).prefault(500),
      every: wholeNumber({ min: 1, example: 10, describe: 'Ticks of a window.' }).prefault(10),
      ...allowance(),
    })
    .meta({ description: "The candidate's answers against the incumbent's." });
}
