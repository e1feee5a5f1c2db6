import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { writeContext } from '../image/context';
import type { EngineName } from '../image/engine';
import { ENGINES, findBuilder, runBuilder } from '../image/engine';
import { Mistake } from '../mistakes';
import { examples, print } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface ImageOptions {
  readonly tag?: string;
  readonly engine?: EngineName;
  readonly platform: string;
  readonly context?: string;
}

/** `sluice image`: the container image of the monitors, for `engine: processing`. */
export const imageVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    command
      .command('build')
      .usage('[options]')
      .summary('build the image that SageMaker Processing runs monitors in')
      .option('--tag <name:tag>', 'name of the image (default: sluice-monitor:<version>)')
      .addOption(
        new Option('--engine <engine>', 'which program builds (default: the first that is there)').choices(ENGINES)
      )
      .option('--platform <os/arch>', 'of the instances that will run it', 'linux/amd64')
      .option('--context <dir>', 'only lay out what an image is built of, to build it elsewhere')
      .option('--debug', 'print the stack of an error')
      .action(context.action((options: ImageOptions) => build(context, options)));
    examples(command, [
      ['sluice image build', 'build it here, with docker, podman or finch'],
      [
        'sluice image build --tag 123456789012.dkr.ecr.eu-west-1.amazonaws.com/sluice-monitor:1',
        'under the name that you will push',
      ],
      ['sluice image build --context image/', 'for a build elsewhere, such as CodeBuild'],
    ]);
  },
};

async function build(context: VerbContext, options: ImageOptions): Promise<ExitCode> {
  if (options.context !== undefined) {
    const dir = path.resolve(context.cwd, options.context);
    const { version } = await writeContext(dir);
    print(
      context,
      `${options.context} is ready: docker build --platform ${options.platform} --tag ${options.tag ?? `sluice-monitor:${version}`} ${options.context}`
    );
    return EXIT.done;
  }
  const program = findBuilder(options.engine, context.env['PATH'] ?? '');
  if (program === undefined)
    throw new Mistake(
      `There is no ${options.engine ?? 'docker, podman or finch'} on the path. Install one, or lay the image out for a build elsewhere: sluice image build --context <dir>`
    );
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-image-'));
  try {
    const { version } = await writeContext(dir);
    const tag = options.tag ?? `sluice-monitor:${version}`;
    const say = (text: string) => context.err.write(text);
    const code = await runBuilder([program, 'build', '--platform', options.platform, '--tag', tag, dir], {
      say,
      signal: context.stop,
    });
    if (code !== 0)
      throw new Mistake(
        `${path.basename(program)} could not build the image: it ended with ${code}. What it said stands above.`
      );
    print(
      context,
      `${tag} is built. Push it to a registry that SageMaker can read (Amazon ECR), and name it in the file: engine: processing, image: …`
    );
    return EXIT.done;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
