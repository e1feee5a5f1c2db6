import { rolloutFileJsonSchema } from '../../spec/json-schema';
import { EXIT } from '../exit-codes';
import { examples, printJson } from '../verb';
import type { Verb } from '../verb';

/** `sluice schema`: the JSON Schema of rollout files. */
export const schemaVerb: Verb = {
  declare(command, context) {
    command.action(
      context.action(() => {
        printJson(context, rolloutFileJsonSchema());
        return EXIT.done;
      })
    );
    examples(command, [
      ['sluice schema > rollout.schema.json', 'then, on top of your rollout file:'],
      ['# yaml-language-server: $schema=rollout.schema.json', 'for completion in your editor'],
    ]);
  },
};
