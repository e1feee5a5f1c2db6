import { Option } from 'commander';
import { durationOption } from '../duration-option';
import { checkGateway, type CheckOptions } from '../gateway/check';
import { serveGateway, type ServeOptions } from '../gateway/serve';
import { portOption } from '../number-option';
import { examples } from '../verb';
import type { Verb } from '../verb';

const ADDRESS = 's3://bucket/prefix';

/** `sluice gateway`: the gateway as an HTTP service for applications in any language, and the check of its transforms. */
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
      .addOption(
        new Option('--refresh <duration>', 'how old the assignment may become')
          .argParser(durationOption)
          .default(2_000, '2s')
      )
      .option(`--counts <${ADDRESS}>`, 'write counts by variant: evidence for guards')
      .option(`--exposures <${ADDRESS}>`, 'write which variant answered whom: needed where users are the unit')
      .option(`--labels <${ADDRESS}>`, 'write true labels that /feedback gets')
      .option(`--events <${ADDRESS}>`, 'write business events that /feedback gets')
      .option(`--pairs <${ADDRESS}>`, 'send copies where an assignment asks for them, and write the pairs of answers')
      .option('--transforms <file>', 'JSON: what to do to requests before, and to answers after the model')
      .addOption(
        new Option('--window <duration>', 'length of a counts window and pause between writes')
          .argParser(durationOption)
          .default(1_000, '1s')
      )
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
    const check = command
      .command('check')
      .usage('--transforms <file> --samples <file> --model <endpoint> --pipeline <endpoint> [options]')
      .summary('compare transforms by the gateway with those of a pipeline')
      .description(
        'Sends samples both ways around the same model, before a rollout moves transforms from the gateway into a pipeline or back, and compares the answers byte for byte.'
      )
      .helpOption('-h, --help', 'print this help')
      .requiredOption('--transforms <file>', 'JSON: the definition')
      .requiredOption('--samples <file>', 'request bodies, a JSON object a line')
      .requiredOption('--model <endpoint>', 'endpoint that serves the model alone')
      .requiredOption('--pipeline <endpoint>', 'endpoint that serves it between transform containers')
      .option('--json', 'print the comparison as JSON')
      .option('--debug', 'print the stack of an error');
    check.action(context.action((options: CheckOptions) => checkGateway(context, options)));
    const checkLine = [
      'sluice gateway check --transforms t.json --samples s.jsonl --model reviews --pipeline reviews-pipeline',
      'exit code 0: identical on every sample; 2: not',
    ] as const;
    examples(check, [checkLine]);
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
    examples(command, [lines[0], checkLine]);
  },
};
