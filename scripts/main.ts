import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { processSurroundings } from './environment';
import type { Surroundings } from './environment';
import { EXIT, EXIT_CODES_HELP } from './exit-codes';
import { explainError } from './mistakes';
import type { VerbContext } from './verb';
import { loadVerb, VERBS } from './verbs';

/** Runs one command line and sets the exit code; never throws. `argv` is `process.argv`. */
export async function main(
  argv: readonly string[],
  surroundings: Surroundings = processSurroundings()
): Promise<number> {
  const words = argv.length > 2 ? argv.slice(2) : ['--help'];
  let code: number = EXIT.done;
  const context: VerbContext = {
    ...surroundings,
    action:
      (run) =>
      async (...args) => {
        code = await run(...args);
      },
  };
  try {
    await program(words, context).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    else code = report(error, { surroundings, debug: words.includes('--debug') });
  }
  surroundings.exit(code);
  return code;
}

function report(error: unknown, input: { readonly surroundings: Surroundings; readonly debug: boolean }): number {
  const { text, code } = explainError(error, input);
  input.surroundings.err.write(`${text}\n`);
  return code;
}

/** The verbs with their summaries; only the one that is asked for is loaded. */
function program(words: readonly string[], context: VerbContext): Command {
  const { out, err } = context;
  const sluice = new Command('sluice')
    .description('Rolls out machine-learning models on Amazon SageMaker: guarded, durable, and back again by itself.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--debug', 'print the stack of an error')
    .addHelpText('after', `\n${EXIT_CODES_HELP}\n\nHelp on a verb, with examples: sluice <verb> --help`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      getOutHelpWidth: () => Math.min(100, out.columns),
      getErrHelpWidth: () => Math.min(100, err.columns),
    })
    .addHelpCommand(new Command('help').argument('[verb]').summary('print the help of a verb').helpGroup('Help:'))
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${usageOf(command)}`.trim() });
  const asked = words.filter((word) => !word.startsWith('-') && word !== 'help')[0];
  for (const { name, usage, group, summary } of VERBS) {
    const command = sluice
      .command(name)
      .usage(`${usage} [options]`.trim())
      .summary(summary)
      .description(sentenceCase(summary))
      .helpGroup(group);
    command.helpOption('-h, --help', 'print this help').option('--debug', 'print the stack of an error');
    command.showHelpAfterError(`Usage and examples: sluice ${name} --help`);
    if (name === asked) loadVerb(name).declare(command, context);
  }
  return sluice;
}

/** Arguments of a verb, loaded or not; that it has options goes without saying. */
function usageOf(command: Command): string {
  return VERBS.find(({ name }) => name === command.name())?.usage ?? '[verb]';
}

function sentenceCase(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Works from the sources as well as from dist/. */
function version(): string {
  const folder = [path.join(__dirname, '..'), path.join(__dirname, '..', '..')];
  for (const candidate of folder) {
    try {
      const read: unknown = JSON.parse(readFileSync(path.join(candidate, 'package.json'), 'utf8'));
      if (typeof read === 'object' && read !== null && 'version' in read && typeof read.version === 'string')
        return read.version;
    } catch {
      // Not the package's folder.
    }
  }
  return 'unknown';
}
