import { rmSync } from 'node:fs';
import path from 'node:path';
import { shellWord } from '../../report/words';
import type { ExitCode } from '../exit-codes';
import { imagesFor } from '../images';
import { portOption, positiveOption } from '../number-option';
import { startStack } from '../stack';
import type { Stack } from '../stack';
import { untilStopped } from '../until-stopped';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface DevOptions {
  readonly dir: string;
  readonly fresh?: boolean;
  readonly images?: string;
  readonly port: number;
  readonly uiPort: number;
  readonly sandboxPort: number;
  readonly speed?: number;
  readonly json?: boolean;
}

/** `sluice dev`: Temporal, the SageMaker sandbox and a worker on this machine, until Ctrl-C. */
export const devVerb: Verb = {
  declare(command, context) {
    command
      .option('--dir <folder>', 'state, logs and pid files', path.join('.sluice', 'dev'))
      .option('--fresh', 'forget the state of former runs')
      .option('--images <file>', 'sandbox.yaml: what to run for which image (default: the images of examples/)')
      .option('--port <n>', 'port of Temporal; 0 takes any free one', portOption, 7233)
      .option('--ui-port <n>', "port of Temporal's UI; 0 takes any free one", portOption, 8233)
      .option('--sandbox-port <n>', 'port of the sandbox; 0 takes any free one', portOption, 0)
      .option('--speed <x>', 'how many times as fast as at AWS the sandbox works (default: 60)', positiveOption)
      .option('--json', 'print addresses and environment as JSON once all is up')
      .action(context.action((options: DevOptions) => dev(context, options)));
    examples(command, [
      ['sluice dev', 'then, in another shell: source .sluice/dev/env && sluice doctor'],
      ['sluice dev --images sandbox.yaml --fresh', 'your own images, from nothing'],
      ['sluice dev --port 0 --ui-port 0', 'beside another one'],
    ]);
  },
};

async function dev(context: VerbContext, options: DevOptions): Promise<ExitCode> {
  const dir = path.resolve(context.cwd, options.dir);
  const images = imagesFor(context, options.images);
  if (options.fresh) forget(dir);
  const stack = await startStack({
    dir,
    images,
    ports: { temporal: options.port, ui: options.uiPort, sandbox: options.sandboxPort },
    ...(options.speed !== undefined && { speed: options.speed }),
    env: context.env,
    onStep: (text) => notice(context, `${text} ...`),
  });
  try {
    if (options.json) printJson(context, { env: stack.env, addresses: stack.addresses, processes: stack.processes });
    else print(context, ...greeting(stack, shownDir(context.cwd, dir)));
    return await untilStopped(context, stack.ended);
  } finally {
    notice(context, 'Stopping the worker, the sandbox and Temporal ...');
    await stack.stop();
  }
}

/** Relative where that is shorter to read. */
function shownDir(cwd: string, dir: string): string {
  const relative = path.relative(cwd, dir);
  return relative.startsWith('..') ? dir : relative || '.';
}

/** Only what a stack writes: a folder given by mistake must not be emptied. */
function forget(dir: string): void {
  for (const name of ['sandbox', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal'])
    rmSync(path.join(dir, name), { recursive: true, force: true });
}

function greeting(stack: Stack, dir: string): readonly string[] {
  const { temporal, ui, sandbox } = stack.addresses;
  const shown = shellWord(path.join(dir, 'env'));
  return [
    '',
    `Temporal   ${temporal}${ui === null ? '' : `   UI ${ui}`}`,
    `SageMaker  ${sandbox} (sandbox)`,
    ...stack.processes.map(
      ({ name, pid, logFile }) =>
        `${`${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`.padEnd(11)}pid ${pid}, log ${logFile}`
    ),
    '',
    `In another shell:  source ${shown}`,
    ...Object.entries(stack.env).map(([name, value]) => `  export ${name}=${shellWord(value)}`),
    '',
    `Ctrl-C stops everything; the state stays in ${dir} (forget it: sluice dev --fresh).`,
  ];
}
