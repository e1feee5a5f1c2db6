import { z } from 'zod';
import { s3Prefix } from './addresses';
import { duration, share } from './fields';
import { choice } from './scalar';
import { wordOrMap } from './word-or-map';

/** Who splits the traffic. */
export function routing() {
  const map = z.strictObject({
    gateway: s3Prefix('Where the assignment document is published for the gateways.', 's3://assignments/reviews'),
    expires: duration('How long a gateway may go on with an assignment that it cannot renew.').prefault('5m'),
  });
  return wordOrMap({
    what: 'a way to route',
    words: ['weights'],
    map,
    example: '{ gateway: s3://assignments/reviews }',
    describe:
      'Who splits the traffic: SageMaker by variant weights, or a gateway that follows the published assignment.',
  });
}

/** What follows the promotion. */
export function watch() {
  return z
    .strictObject({
      for: duration('How long the guards judge on.').prefault('24h'),
      holdback: share(
        'Percentage that stays on the old model, to compare with; by default 2%, and 0% with keep: cold.',
        '2%'
      ).optional(),
      keep: choice({
        what: 'a way to keep the old model',
        values: ['warm', 'cold'],
        describe:
          'warm: its variant stays, one call is the way back. cold: only its config does; the way back takes minutes.',
      }).prefault('warm'),
    })
    .meta({ description: 'What goes on after the promotion: the winner serves, the old model stays within reach.' });
}

/** What a newer rollout means for one that runs. */
export function onNewer() {
  return choice({
    what: 'an answer to a newer rollout',
    values: ['queue', 'replace', 'reject'],
    describe:
      'What happens to a newer rollout while one runs: it waits, it replaces this one (which is rolled back first), or it is refused.',
  });
}
