import { verbSignal, verbUpdate } from '../workflows/messages';
import type { SpokenVerb } from '../workflows/messages';
import { personOptions, sayTo } from './person';
import type { PersonOptions } from './person';
import { examples } from './verb';
import type { Verb } from './verb';

/**
 * A verb that a person says to the rollout of an endpoint, with a reason: an update, so that it is accepted or refused at once (exit 2).
 * `outlives`: without a worker it is left with Temporal as a signal, and the next worker obeys it first; no other order may act unseen, later.
 */
export function personVerb(p: {
  readonly name: SpokenVerb;
  readonly outlives?: boolean;
  readonly examples: readonly (readonly [command: string, what: string])[];
}): Verb {
  const { name, outlives = false } = p;
  return {
    declare(command, context) {
      personOptions(command).action(
        context.action((target: string, options: PersonOptions) =>
          sayTo({
            surroundings: context,
            target,
            options,
            verb: { name, update: verbUpdate(name), signal: outlives ? verbSignal(name) : null },
          })
        )
      );
      examples(command, p.examples);
    },
  };
}
