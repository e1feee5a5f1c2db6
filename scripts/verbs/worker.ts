import { main as runWorker } from '../../worker/main';
import { EXIT } from '../exit-codes';
import { examples } from '../verb';
import type { Verb } from '../verb';

/** `sluice worker`: a worker in the foreground, until Ctrl-C or SIGTERM. */
export const workerVerb: Verb = {
  declare(command, context) {
    command.addHelpText(
      'after',
      `
Settings come from the environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, SLUICE_TASK_QUEUE, SLUICE_LOG_LEVEL,
SLUICE_SEARCH_ATTRIBUTES, SLUICE_PRICES, SLUICE_PAYLOAD_KEY, SLUICE_DEPLOYMENT, and what any AWS tool reads (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, ...).`
    );
    command.action(
      context.action(async () => {
        await runWorker();
        return EXIT.done;
      })
    );
    examples(command, [
      ['sluice worker', 'against the cluster that the environment names'],
      ['TEMPORAL_ADDRESS=10.0.0.7:7233 sluice worker', 'against another one'],
    ]);
  },
};
