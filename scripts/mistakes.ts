import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';

/** Something that a user can put right: printed as it is, without a stack. */
export class Mistake extends Error {
  override readonly name = 'Mistake';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.badInput,
    options?: ErrorOptions
  ) {
    super(message, options);
  }
}

/** What to print about an error, and what to exit with. Errors of every room that are meant for users carry an `exitCode`. */
export function explainError(
  error: unknown,
  options: { readonly debug: boolean }
): { readonly text: string; readonly code: number } {
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') {
    return { text: options.debug ? stackOf(error) : error.message, code: error.exitCode };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const hint = options.debug ? stackOf(error) : 'Run it again with --debug for the stack, and please report it.';
  return { text: `Internal error. This is a bug in Sluice, not your mistake.\n${what}\n${hint}`, code: EXIT.internal };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
