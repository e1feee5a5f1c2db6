import path from 'node:path';
import { Option } from 'commander';
import { BadOptions } from '../../sandbox/bad-options';
import { readFaultsFile } from '../../sandbox/faults/file';
import { readKnobsFile } from '../../sandbox/knobs/parse';
import type { Sandbox } from '../../sandbox/start';
import { startSandbox } from '../../sandbox/start';
import { imagesFor } from '../images';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { portOption, positiveOption, seedOption } from '../number-option';
import { untilStopped } from '../until-stopped';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface SandboxOptions {
  readonly port: number;
  readonly data?: string;
  readonly images?: string;
  readonly speed?: number;
  readonly seed?: number;
  readonly faults?: string;
  readonly knobs?: string;
  readonly engine: 'auto' | 'docker' | 'podman' | 'none';
  readonly verifySignatures?: boolean;
  readonly json?: boolean;
}

/** `sluice sandbox`: SageMaker, its runtime, S3 and the rest on this machine, for any AWS client, until Ctrl-C. */
export const sandboxVerb: Verb = {
  declare(command, context) {
    command
      .option('--port <n>', 'port to listen on; 0 takes any free one', portOption, 0)
      .option('--data <folder>', 'keep the state here (default: forget it at the end)')
      .option('--speed <x>', 'how many times as fast as at AWS it works (default: 60)', positiveOption)
      .option('--seed <n>', 'makes routing, sampling and faults the same in every run (default: 1)', seedOption)
      .option('--images <file>', 'sandbox.yaml: what to run for which image (default: the images of examples/)')
      .option('--faults <file>', 'what shall go wrong: rules in YAML or JSON')
      .option(
        '--knobs <file>',
        'what it does where AWS does not say what it does (docs/sandbox.md): "knobs" in YAML or JSON'
      )
      .addOption(
        new Option(
          '--engine <name>',
          'what runs images that the map does not know; auto: Docker or Podman where present'
        )
          .choices(['auto', 'docker', 'podman', 'none'])
          .default('auto')
      )
      .option('--verify-signatures', 'refuse requests whose AWS signature is wrong or missing')
      .option('--json', 'print address and environment as JSON')
      .action(context.action((options: SandboxOptions) => sandbox(context, options)));
    examples(command, [
      ['sluice sandbox --port 9000', 'then: AWS_ENDPOINT_URL=http://127.0.0.1:9000 aws sagemaker list-endpoints'],
      ['sluice sandbox --data .sluice/sandbox', 'its endpoints come back when it is started again'],
      ['sluice sandbox --images sandbox.yaml', 'your own model servers, in any language (docs/sandbox-images.md)'],
      ['sluice sandbox --faults faults.yaml --seed 7', 'the same mishaps in every run'],
      ['sluice sandbox --json | jq -r .url', 'for scripts'],
    ]);
  },
};

async function sandbox(context: VerbContext, options: SandboxOptions): Promise<ExitCode> {
  const { port, data, images, speed, seed, faults, knobs, engine } = options;
  const running = await startSandbox({
    port,
    images: imagesFor(context, images),
    ...(data !== undefined && { dataDir: path.resolve(context.cwd, data) }),
    ...(speed !== undefined && { speed }),
    ...(seed !== undefined && { seed }),
    ...(faults !== undefined && { faults: checked(() => readFaultsFile(path.resolve(context.cwd, faults))) }),
    ...(knobs !== undefined && { knobs: checked(() => readKnobsFile(path.resolve(context.cwd, knobs))) }),
    ...(engine !== 'none' && { engine }),
    ...(options.verifySignatures && { verifySignatures: true }),
    onInternalError: (error, where) => notice(context, `${where}: ${String(error)}`),
  }).catch(asMistake);
  try {
    if (options.json) printJson(context, { url: running.url, env: running.env });
    else print(context, ...greeting(running));
    // It has no part that could end by itself.
    return await untilStopped(context, new Promise(() => undefined));
  } finally {
    await running.stop();
  }
}

function greeting({ url, env, dataDir }: Sandbox): readonly string[] {
  return [
    `SageMaker sandbox at ${url}, state in ${dataDir}`,
    ...Object.entries(env).map(([name, value]) => `  export ${name}=${value}`),
    `What containers print: ${url}/_sandbox/logs   Ctrl-C stops it.`,
  ];
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return asMistake(error);
  }
}

/** A port or a folder that is taken is the usual reason; the cause is there for --debug. */
function asMistake(error: unknown): never {
  if (error instanceof Mistake) throw error;
  if (error instanceof BadOptions) throw new Mistake(error.message, EXIT.badInput, { cause: error });
  const message = `The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}`;
  throw new Mistake(message, EXIT.unreachable, { cause: error });
}
