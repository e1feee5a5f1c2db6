import { rmSync } from 'node:fs';
import path from 'node:path';
import { isFree } from '../../worker/server/ports';
import { shellWord } from '../../report/words';
import { CHAPTERS } from '../demo/chapters';
import { play } from '../demo/play';
import { prepareProps } from '../demo/props';
import { demoSummary, isAsPromised } from '../demo/summary';
import type { Played } from '../demo/summary';
import { startTraffic } from '../demo/traffic-process';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { exampleImages } from '../images';
import { Mistake } from '../mistakes';
import { positiveOption } from '../number-option';
import { startStack } from '../stack';
import type { Stack } from '../stack';
import { withTemporal } from '../temporal';
import { untilStopped } from '../until-stopped';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface DemoOptions {
  readonly dir: string;
  readonly keep?: boolean;
  readonly rate: number;
  readonly json?: boolean;
}

/** `sluice demo`: everything on this machine, with real models and real reviews: a promotion, and two rollbacks by evidence. */
export const demoVerb: Verb = {
  declare(command, context) {
    command
      .option('--keep', 'leave everything up afterwards, to play with, until Ctrl-C')
      .option('--rate <n>', 'reviews a second', positiveOption, 200)
      .option('--dir <folder>', 'state and logs; emptied at the start', path.join('.sluice', 'demo'))
      .option('--json', 'print a line of JSON for each change, and the summary')
      .action(context.action((options: DemoOptions) => demo(context, options)));
    examples(command, [
      ['sluice demo', 'under three minutes'],
      ['sluice demo --keep', 'then, in another shell: source .sluice/demo/env && sluice status'],
    ]);
  },
};

async function demo(surroundings: VerbContext, options: DemoOptions): Promise<ExitCode> {
  const startedMs = surroundings.now();
  const dir = path.resolve(surroundings.cwd, options.dir);
  for (const name of ['sandbox', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal'])
    rmSync(path.join(dir, name), { recursive: true, force: true });
  const stack = await startStack({
    dir,
    images: exampleImages(),
    ports: { temporal: (await isFree(7233)) ? 7233 : 0, ui: (await isFree(8233)) ? 8233 : 0, sandbox: 0 },
    env: surroundings.env,
    onStep: (text) => notice(surroundings, `${text} ...`),
  });
  const context = { ...surroundings, env: { ...surroundings.env, ...stack.env } };
  try {
    // A part that dies must not leave the demo waiting for an answer that never comes.
    const code = await Promise.race([playAll(context, { stack, options, dir, startedMs }), stack.ended]);
    if (typeof code === 'string')
      throw new Mistake(`${code}; the demo cannot go on. Logs are in ${dir}.`, EXIT.internal);
    if (!options.keep || surroundings.stop.aborted) return code;
    print(context, ...playground(stack, path.relative(surroundings.cwd, dir) || '.'));
    const left = await startTraffic({ dir, env: context.env, perSecond: options.rate });
    try {
      const end = await untilStopped(surroundings, stack.ended);
      return end === EXIT.done ? code : end;
    } finally {
      await left.stop();
    }
  } finally {
    notice(surroundings, 'Stopping the worker, the sandbox and Temporal ...');
    await stack.stop();
  }
}

async function playAll(
  context: VerbContext,
  input: { readonly stack: Stack; readonly options: DemoOptions; readonly dir: string; readonly startedMs: number }
): Promise<ExitCode> {
  const { stack, options, dir } = input;
  const json = options.json ?? false;
  const { ui, sandbox } = stack.addresses;
  notice(context, `Temporal UI ${ui ?? '(off)'}   SageMaker sandbox ${sandbox}`);
  const packaged = await prepareProps(stack.env, context.now());
  const accuracies = packaged.versions.map(({ name, quality }) => `${name} ${(100 * quality.accuracy).toFixed(1)} %`);
  notice(
    context,
    `Trained and packaged four versions in ${packaged.tookMs} ms; right on held-out reviews: ${accuracies.join(', ')}`,
    ''
  );

  const { played, traffic } = await withTemporal({ surroundings: context, options: {} }, async (temporal) => {
    const [first, ...others] = CHAPTERS;
    const opened = await play(context, { temporal, chapter: first, json });
    const driver = await startTraffic({ dir, env: context.env, perSecond: options.rate });
    const results: Played[] = [{ chapter: first, result: opened }];
    try {
      for (const chapter of others) results.push({ chapter, result: await play(context, { temporal, chapter, json }) });
      return { played: results, traffic: await driver.stop() };
    } finally {
      await driver.stop();
    }
  });
  const tookMs = context.now() - input.startedMs;
  if (json) printJson(context, { tookMs, results: played.map(({ result }) => result), traffic });
  else print(context, ...demoSummary({ played, traffic, tookMs }), '');
  return isAsPromised(played, traffic) ? EXIT.done : EXIT.internal;
}

function playground(stack: Stack, dir: string): readonly string[] {
  return [
    'Everything stays up, with traffic. In another shell:',
    '',
    `  source ${shellWord(path.join(dir, 'env'))}`,
    '  npx sluice status product-reviews',
    '  npx sluice deploy examples/product-reviews/v4.yaml --watch',
    `  npx sluice abort product-reviews --why 'just because'`,
    '  npx sluice batch run examples/product-reviews/nightly.yaml --watch',
    '',
    `  Temporal UI: ${stack.addresses.ui ?? '(off)'}`,
    '',
    'Ctrl-C stops everything.',
  ];
}
