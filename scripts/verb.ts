import type { Command } from 'commander';
import type { Surroundings } from './environment';
import type { ExitCode } from './exit-codes';

/** One verb of the command line. */
export interface Verb {
  /** Adds arguments, options, examples and the action. */
  declare(command: Command, context: VerbContext): void;
}

export interface VerbContext extends Surroundings {
  /** Wraps an action so that what it returns becomes the exit code. */
  action<Args extends readonly unknown[]>(
    run: (...args: Args) => Promise<ExitCode> | ExitCode
  ): (...args: Args) => Promise<void>;
}

/** Prints lines to the standard output. */
export function print(context: Surroundings, ...lines: readonly string[]): void {
  context.out.write(`${lines.join('\n')}\n`);
}

/** Prints a value for machines. */
export function printJson(context: Surroundings, value: unknown): void {
  context.out.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints lines for people where the standard output belongs to a machine or to a view: notices, progress, warnings. */
export function notice(context: Surroundings, ...lines: readonly string[]): void {
  context.err.write(`${lines.join('\n')}\n`);
}

/** Examples at the end of a verb's help, each a command and what it is for. */
export function examples(command: Command, pairs: readonly (readonly [line: string, purpose: string])[]): void {
  const width = Math.max(...pairs.map(([line]) => line.length));
  command.addHelpText(
    'after',
    ['', 'Examples:', ...pairs.map(([line, purpose]) => `  ${line.padEnd(width)}  ${purpose}`)].join('\n')
  );
}
