import { latestRollout, parseTarget } from '../target';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples } from '../verb';
import type { Verb } from '../verb';
import { watchOptions, watchRollout } from '../watching';
import type { WatchOptions } from '../watching';

/** `sluice watch`: follows a rollout to its end and exits with its outcome. Survives restarts of worker and Temporal. */
export const watchVerb: Verb = {
  declare(command, context) {
    command.argument('<endpoint>', 'endpoint (its running or last rollout), or the id of a rollout');
    watchOptions(command).option('--json', 'print a line of JSON for each change');
    temporalOptions(command).action(
      context.action((target: string, options: WatchOptions & TemporalOptions) =>
        withTemporal({ surroundings: context, options }, async (temporal) =>
          watchRollout({
            surroundings: context,
            temporal,
            id: await latestRollout(temporal.client, parseTarget(target)),
            options,
          })
        )
      )
    );
    examples(command, [
      ['sluice watch product-reviews', 'live on a terminal; Ctrl-C leaves it running'],
      ['sluice watch product-reviews --timeout 30m', 'in a pipeline: the exit code is the outcome'],
      ['sluice watch rollout/product-reviews/7 --json', 'one rollout, for machines'],
    ]);
  },
};
