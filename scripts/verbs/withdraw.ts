import { endpointWorkflowId } from '../../rollout';
import { withdrawUpdate } from '../../workflows/messages';
import { EXIT } from '../exit-codes';
import { messageOf, personOptions, tell } from '../person';
import type { PersonOptions } from '../person';
import { askKnownEndpoint } from '../target';
import { withTemporal } from '../temporal';
import { examples, print, printJson } from '../verb';
import type { Verb } from '../verb';

/** `sluice withdraw`: takes back the rollout that waits for its turn on an endpoint. */
export const withdrawVerb: Verb = {
  declare(command, context) {
    personOptions(command).action(
      context.action((endpoint: string, options: PersonOptions) =>
        withTemporal({ surroundings: context, options }, async ({ client }) => {
          await askKnownEndpoint(client, endpoint);
          const message = messageOf(context, options);
          const verb = { name: 'withdraw' as const, update: withdrawUpdate, signal: null };
          const answer = await tell({ client, id: endpointWorkflowId(endpoint), message, verb });
          const { who, why } = message;
          if (options.json) printJson(context, { endpoint, verb: 'withdraw', who, why, answer });
          else print(context, answer);
          return EXIT.done;
        })
      )
    );
    examples(command, [[`sluice withdraw product-reviews --why 'v10 is better still'`, 'the running rollout goes on']]);
  },
};
