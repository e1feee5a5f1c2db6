import { approveUpdate } from '../../workflows/messages';
import { personOptions, sayTo } from '../person';
import type { PersonOptions } from '../person';
import { examples } from '../verb';
import type { Verb } from '../verb';

/** `sluice approve`: the update that lets a waiting rollout go on. Refusals are printed and exit with 2. */
export const approveVerb: Verb = {
  declare(command, context) {
    personOptions(command).action(
      context.action((target: string, options: PersonOptions) =>
        sayTo({
          surroundings: context,
          target,
          options,
          verb: { name: 'approve', update: approveUpdate, signal: null },
        })
      )
    );
    examples(command, [
      [`sluice approve product-reviews --why 'numbers look right'`, 'as yourself'],
      [`sluice approve product-reviews --why ok --who ana@example.org`, 'as the file names you'],
    ]);
  },
};
