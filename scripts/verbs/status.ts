import { showEndpoint, showRollout } from '../show';
import { showAll } from '../show-all';
import { parseTarget } from '../target';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples } from '../verb';
import type { Verb } from '../verb';

/** `sluice status`: what is served, at which share, why, and what happens next. Without a worker it says what Temporal itself knows, and exits with 3. */
export const statusVerb: Verb = {
  declare(command, context) {
    command
      .argument('[endpoint]', 'endpoint, or the id of a rollout; all endpoints when left out')
      .option('--json', 'print it as JSON');
    temporalOptions(command).action(
      context.action((target: string | undefined, options: TemporalOptions & { readonly json?: boolean }) =>
        withTemporal({ surroundings: context, options }, async ({ client }) => {
          const json = options.json ?? false;
          if (target === undefined) return showAll(context, { client, json });
          const parsed = parseTarget(target);
          return parsed.kind === 'rollout'
            ? showRollout(context, { client, json, id: parsed.id })
            : showEndpoint(context, { client, json, endpoint: parsed.endpoint });
        })
      )
    );
    examples(command, [
      ['sluice status', 'all endpoints, a line each'],
      ['sluice status product-reviews', 'what runs there, or what ran last'],
      ['sluice status rollout/product-reviews/7 --json', 'one rollout, for machines'],
    ]);
  },
};
