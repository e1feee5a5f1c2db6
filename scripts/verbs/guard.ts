import path from 'node:path';
import { renderProblems, problemsAsJson } from '../../spec/format';
import type { GuardsFile } from '../../spec/guards-file';
import { readAnyGuards } from '../../spec/read-guards';
import { readTrace } from '../../spec/trace';
import type { TraceRow } from '../../spec/trace';
import type { Surroundings } from '../environment';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { planned } from '../planned';
import { armsOf } from '../replay/arms';
import { replayJson, replayText } from '../replay/print';
import { replay } from '../replay/replay';
import { readText } from '../rollout-file';
import { examples, print } from '../verb';
import type { Verb } from '../verb';

interface ReplayOptions {
  readonly guards: string;
  readonly candidate?: string;
  readonly incumbent?: string;
  readonly json?: boolean;
}

/** `sluice guard replay`: what guards would have said to recorded evidence; needs no server. */
export const guardVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    const replayCommand = command
      .command('replay')
      .usage('<trace> --guards <file> [options]')
      .summary('judge a recorded trace, tick by tick')
      .description('Judges a recorded trace (JSONL, docs/traces.md) tick by tick, until the guards decide.')
      .helpOption('-h, --help', 'print this help')
      .argument('<trace>', 'trace (JSONL)')
      .requiredOption('--guards <file>', 'guards: a guards file or a rollout file (YAML)')
      .option('--candidate <variant>', 'variant under test; by default the one the guards file names')
      .option('--incumbent <variant>', 'variant it is compared with; by default the only other one')
      .option('--json', 'print a JSON object a line, the decision last')
      .option('--debug', 'print the stack of an error');
    replayCommand.action(
      context.action(async (trace: string, options: ReplayOptions) => {
        const file = await loadGuards(context, options);
        if (file === null) return EXIT.badInput;
        const rows = await loadTrace(context, trace);
        const arms = armsOf({ rows, file, asked: options });
        const replayed = planned(() => replay({ file, rows, arms }));
        print(context, ...(options.json === true ? replayJson(replayed) : replayText(replayed)));
        return EXIT.done;
      })
    );
    examples(replayCommand, [
      ['sluice guard replay trace.jsonl --guards guards.yaml', 'a line per tick and guard, at last the decision'],
      ['sluice guard replay trace.jsonl --guards rollout.yaml --candidate v8', 'the guards of a rollout file'],
    ]);
    examples(command, [['sluice guard replay trace.jsonl --guards guards.yaml', 'judge a recorded trace']]);
  },
};

/** Null when the file has mistakes, which are then printed. */
async function loadGuards(surroundings: Surroundings, options: ReplayOptions): Promise<GuardsFile | null> {
  const fileName = options.guards;
  const text = await readText(path.resolve(surroundings.cwd, fileName), fileName);
  const read = readAnyGuards({ text, fileName, environment: surroundings.env });
  if (read.ok) return read.file;
  const { problems } = read;
  if (options.json === true) surroundings.out.write(`${problemsAsJson({ problems, fileName })}\n`);
  else surroundings.err.write(`${renderProblems({ problems, text, fileName })}\n`);
  return null;
}

async function loadTrace(surroundings: Surroundings, fileName: string): Promise<readonly TraceRow[]> {
  const read = readTrace(await readText(path.resolve(surroundings.cwd, fileName), fileName));
  if (read.ok) return read.rows;
  const shown = read.problems.slice(0, 10).map(({ line, message }) => `${fileName}:${line}  ${message}`);
  const more = read.problems.length - shown.length;
  throw new Mistake([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}
