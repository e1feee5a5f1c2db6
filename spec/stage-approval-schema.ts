import { z } from 'zod';
import { duration } from './fields';
import type { Reading } from './scalar';
import { choice, scalar, text, wholeNumber } from './scalar';
import { wordOrMap } from './word-or-map';

export function approval() {
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
      identity: identity().prefault('asserted'),
    })
    .meta({ description: 'Hold the traffic where it is until people decide.' });
}

function identity() {
  const token = z
    .strictObject({
      issuer: text({
        what: 'an issuer',
        allowed: 'the `iss` of the tokens',
        example: 'https://login.example.org',
        describe: 'Who signs the tokens.',
      }),
      audience: text({
        what: 'an audience',
        allowed: 'the `aud` of the tokens',
        example: 'sluice',
        describe: 'Whom the tokens are for.',
      }),
      jwks: keySet(),
      claim: text({
        what: 'a claim',
        allowed: 'the name of a claim',
        example: 'email',
        describe: 'The claim that names the person, as in approvers.',
      }).prefault('email'),
    })
    .meta({ description: 'Tokens (JWT) that prove who somebody is.' });
  return wordOrMap({
    what: 'an identity',
    words: ['asserted'],
    map: z.strictObject({ token }),
    example:
      '{ token: { issuer: https://login.example.org, audience: sluice, jwks: https://login.example.org/jwks.json } }',
    describe: 'Who an approver is: as typed, or as a verified token says.',
  });
}

/** Keys that came over an open line prove nothing, unless they came from this machine. */
function keySet() {
  const pattern = '^https://\\S+$|^http://(localhost|127\\.0\\.0\\.1)(:\\d+)?(/\\S*)?$';
  const read = (found: unknown): Reading<string> =>
    typeof found === 'string' && new RegExp(pattern).test(found) ? { ok: true, value: found } : { ok: false };
  return scalar({
    what: 'the address of a key set',
    allowed: 'https://…, or http:// on this machine',
    example: 'https://login.example.org/.well-known/jwks.json',
    describe: "The issuer's JSON Web Key Set.",
    json: { type: 'string', pattern },
    read,
  });
}
