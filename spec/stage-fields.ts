import { z } from 'zod';
import { duration } from './fields';
import type { Reading } from './scalar';
import { choice, exactlyOneOf, scalar, wholeNumber } from './scalar';

/** What follows when time is up. */
export function onInconclusive() {
  return choice({
    what: 'a way to go on',
    values: ['hold', 'rollBack', 'ask', 'advance'],
    describe:
      "What to do when a stage's time is up and the evidence has not decided: hold the share, roll back, ask a person, or advance without evidence.",
  });
}

/** What ends a stage that holds a share on one candidate. */
export function until() {
  return z
    .strictObject({
      decided: decided({
        describe: 'Hold until every required guard passes.',
        remedy: 'Write `decided: true`, or `requests: 500` in its place.',
      }).optional(),
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

/** What ends a stage that only a decision can end. */
export function untilDecided(describe: string) {
  return z
    .strictObject({
      decided: decided({
        describe: 'There is no other end.',
        remedy: 'Write `decided: true`, or leave it out.',
      }).prefault(true),
      atMost: duration('How long to hold before onInconclusive applies.').prefault('14d'),
    })
    .prefault({})
    .meta({ description: describe });
}

function decided({ describe, remedy }: { readonly describe: string; readonly remedy: string }) {
  const read = (found: unknown): Reading<true> => (found === true ? { ok: true, value: true } : { ok: false, remedy });
  return scalar({ what: 'true', allowed: 'true', example: 'true', describe, json: { const: true }, read });
}
