import { abortSignal, abortUpdate } from '../../workflows/messages';
import { personOptions, sayTo } from '../person';
import type { PersonOptions } from '../person';
import { examples } from '../verb';
import type { Verb } from '../verb';

/**
 * `sluice abort`: accepted at once in every phase that goes forward. Without a worker it is left with Temporal as a signal, because an
 * abort always wins.
 */
export const abortVerb: Verb = {
  declare(command, context) {
    personOptions(command).action(
      context.action((target: string, options: PersonOptions) =>
        sayTo({
          surroundings: context,
          target,
          options,
          verb: { name: 'abort', update: abortUpdate, signal: abortSignal },
        })
      )
    );
    examples(command, [
      [`sluice abort product-reviews --why 'wrong artifact'`, 'nothing goes forward any more; it rolls back'],
      [`sluice watch product-reviews`, 'see it through'],
    ]);
  },
};
