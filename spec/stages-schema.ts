import { z } from 'zod';
import { duration, share } from './fields';
import { choice, exactlyOneOf, scalar, text, wholeNumber } from './scalar';
import type { Reading } from './scalar';

/** One item of `stages`: a map with one key, the stage's kind. */
export function stage() {
  return z
    .strictObject({ canary: canary().optional(), approval: approval().optional() })
    .refine(...exactlyOneOf(['canary', 'approval'], '{}'))
    .meta({ minProperties: 1, maxProperties: 1, description: 'One step of the rollout: canary or approval.' });
}

export function onInconclusive() {
  return choice({
    what: 'a way to go on',
    values: ['hold', 'rollBack', 'ask', 'advance'],
    describe:
      "What to do when a stage's time is up and the evidence has not decided: hold the share, roll back, ask a person, or advance without evidence.",
  });
}

function canary() {
  return z
    .strictObject({
      share: share('Percentage of the requests that the candidate answers during this stage.').prefault('10%'),
      until: until().prefault({ decided: true }),
      onInconclusive: onInconclusive().optional(),
    })
    .meta({ description: 'Hold a small share on the candidate until the evidence decides.' });
}

function until() {
  return z
    .strictObject({
      decided: decided().optional(),
      requests: wholeNumber({
        min: 1,
        example: 500,
        describe: 'Hold until the candidate has answered this many requests and no guard has failed.',
      }).optional(),
      atMost: duration('How long to hold before onInconclusive applies.').prefault('24h'),
    })
    .refine(...exactlyOneOf(['decided', 'requests'], 'true'))
    .meta({
      oneOf: [{ required: ['decided'] }, { required: ['requests'] }],
      description: 'What ends the stage: the decision of the guards, or a number of requests.',
    });
}

function decided() {
  const remedy = 'Write `decided: true`, or `requests: 500` in its place.';
  const read = (found: unknown): Reading<true> => (found === true ? { ok: true, value: true } : { ok: false, remedy });
  const describe = 'Hold until every required guard passes.';
  return scalar({ what: 'true', allowed: 'true', example: 'true', describe, json: { const: true }, read });
}

function approval() {
  return z
    .strictObject({
      approvers: z
        .array(
          text({
            what: 'a name',
            allowed: 'a name or address in text',
            example: 'ana@example.org',
            describe: 'Who may decide.',
          })
        )
        .prefault([])
        .meta({ description: 'Who may decide; empty means anybody.' }),
      need: wholeNumber({ min: 1, example: 1, describe: 'How many different people must approve.' }).prefault(1),
      within: duration('How long the approvers have.').prefault('24h'),
      otherwise: choice({
        what: 'an answer',
        values: ['reject', 'approve'],
        describe: 'What a missed deadline means.',
      }).prefault('reject'),
    })
    .meta({ description: 'Hold the traffic where it is until people decide.' });
}
