import path from 'node:path';
import { startSandbox } from '../../sandbox/start';
import { imagesFor } from '../images';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { portOption, positiveOption } from '../number-option';
import { untilStopped } from '../until-stopped';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface SandboxOptions {
  readonly port: number;
  readonly dir?: string;
  readonly images?: string;
  readonly speed?: number;
  readonly json?: boolean;
}

/** `sluice sandbox`: SageMaker, its runtime, S3 and the rest on this machine, for any AWS client, until Ctrl-C. */
export const sandboxVerb: Verb = {
  declare(command, context) {
    command
      .option('--port <n>', 'port to listen on; 0 takes any free one', portOption, 0)
      .option('--dir <folder>', 'keep the state here (default: forget it at the end)')
      .option('--images <file>', 'sandbox.yaml: what to run for which image (default: the images of examples/)')
      .option('--speed <x>', 'how many times as fast as at AWS it works (default: 60)', positiveOption)
      .option('--json', 'print address and environment as JSON')
      .action(context.action((options: SandboxOptions) => sandbox(context, options)));
    examples(command, [
      ['sluice sandbox --port 9000', 'then: AWS_ENDPOINT_URL=http://127.0.0.1:9000 aws sagemaker list-endpoints'],
      ['sluice sandbox --dir .sluice/sandbox', 'its endpoints come back when it is started again'],
    ]);
  },
};

async function sandbox(context: VerbContext, options: SandboxOptions): Promise<ExitCode> {
  const { port, dir, images, speed, json } = options;
  const running = await startSandbox({
    port,
    images: imagesFor(context, images),
    ...(dir !== undefined && { dataDir: path.resolve(context.cwd, dir) }),
    ...(speed !== undefined && { speed }),
    onInternalError: (error, where) => notice(context, `${where}: ${String(error)}`),
  }).catch((error: unknown) => {
    // A port or a folder that is taken is the usual reason; the cause is there for --debug.
    throw new Mistake(
      `The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.unreachable,
      { cause: error }
    );
  });
  try {
    if (json) printJson(context, { url: running.url, env: running.env });
    else
      print(
        context,
        `SageMaker sandbox at ${running.url}, state in ${running.dataDir}`,
        ...Object.entries(running.env).map(([name, value]) => `  export ${name}=${value}`)
      );
    // It has no part that could end by itself.
    return await untilStopped(context, new Promise(() => undefined));
  } finally {
    await running.stop();
  }
}
