import { rejectUpdate } from '../../workflows/messages';
import { personOptions, sayTo } from '../person';
import type { PersonOptions } from '../person';
import { examples } from '../verb';
import type { Verb } from '../verb';

/** `sluice reject`: the update that turns a waiting rollout back. Refusals are printed and exit with 2. */
export const rejectVerb: Verb = {
  declare(command, context) {
    personOptions(command).action(
      context.action((target: string, options: PersonOptions) =>
        sayTo({ surroundings: context, target, options, verb: { name: 'reject', update: rejectUpdate, signal: null } })
      )
    );
    examples(command, [
      [`sluice reject product-reviews --why 'too slow on long reviews'`, 'the incumbent keeps all traffic'],
    ]);
  },
};
