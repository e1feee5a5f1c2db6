import { durationOption } from '../duration-option';
import { serveGateway, type ServeOptions } from '../gateway/serve';
import { portOption } from '../number-option';
import { examples } from '../verb';
import type { Verb } from '../verb';

const ADDRESS = 's3://bucket/prefix';

/** `sluice gateway serve`: the gateway as an HTTP service, for applications in any language. */
export const gatewayVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    const serve = command
      .command('serve')
      .usage('--endpoint <name> [options]')
      .summary('answer HTTP requests with the variants that a rollout assigns')
      .description(
        'Serves one endpoint until Ctrl-C or SIGTERM: POST /invocations, POST /feedback, GET /ping. Logs a JSON object a line.'
      )
      .helpOption('-h, --help', 'print this help')
      .requiredOption('--endpoint <name>', 'endpoint that it calls')
      .option('--port <n>', 'port to listen on; 0 takes any free one', portOption, 8080)
      .option('--host <address>', 'address to listen on; 0.0.0.0 for other machines', '127.0.0.1')
      .option(
        `--assignment <${ADDRESS}>`,
        'where rollouts publish who gets which variant (default: the weights decide)'
      )
      .option('--refresh <duration>', 'how old the assignment may become', durationOption, 2_000)
      .option(`--counts <${ADDRESS}>`, 'write counts by variant: evidence for guards')
      .option(`--exposures <${ADDRESS}>`, 'write which variant answered whom: needed where users are the unit')
      .option(`--labels <${ADDRESS}>`, 'write true labels that /feedback gets')
      .option(`--events <${ADDRESS}>`, 'write business events that /feedback gets')
      .option(`--pairs <${ADDRESS}>`, 'send copies where an assignment asks for them, and write the pairs of answers')
      .option('--transforms <file>', 'JSON: what to do to requests before, and to answers after the model')
      .option('--window <duration>', 'length of a counts window and pause between writes', durationOption, 1_000)
      .option('--debug', 'print the stack of an error');
    serve.action(context.action((options: ServeOptions) => serveGateway(context, options)));
    serve.addHelpText(
      'after',
      `
Headers of a request (all may be missing):
  X-Sluice-User          a stable id: the same user gets the same variant
  X-Sluice-Group         a group that the user is in
  X-Sluice-Override      the variant that a tester wants to see; never counted
  X-Sluice-Inference-Id  joins the call to its label; made when missing
  X-Sluice-Probe: true   health checks and warm-up; never counted
Headers of an answer: X-Sluice-Variant, X-Sluice-Inference-Id, X-Sluice-Epoch, X-Sluice-Routed-By.
Region, credentials and addresses come from the environment, as for every AWS client.`
    );
    const lines = [
      ['sluice gateway serve --endpoint product-reviews', 'answers by the weights, and counts nothing'],
      [
        'sluice gateway serve --endpoint product-reviews --assignment s3://reviews-control --counts s3://reviews-counts',
        'as rollouts with routing: gateway say',
      ],
      [
        `curl localhost:8080/invocations -H 'X-Sluice-User: ana' -H 'Content-Type: application/json' -d '{"text":"Great."}'`,
        'one call',
      ],
      [`curl localhost:8080/feedback -d '{"userId":"ana","event":"conversion"}'`, 'one event'],
    ] as const;
    examples(serve, lines);
    examples(command, lines.slice(0, 1));
  },
};
