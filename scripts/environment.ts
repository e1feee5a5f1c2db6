import type { Environment } from '../worker/config';

/** Something to print on. Only a terminal has columns, rows, and lines that can be painted over. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** All that a verb knows of the world around the process, so that tests can give it another one. */
export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  readonly out: Output;
  readonly err: Output;
  /** Aborts when somebody presses Ctrl-C or sends SIGTERM. */
  readonly stop: AbortSignal;
  now(): number;
  /** Sets the code that the process will end with. */
  exit(code: number): void;
}

/** The process's own surroundings: the one place in the command line that reads `process`. */
export function processSurroundings(): Surroundings {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The second one ends the process at once, should the first not be enough.
    process.once(signal, () => stop.abort());
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    stop: stop.signal,
    now: () => Date.now(),
    exit: (code) => {
      process.exitCode = code;
    },
  };
}

/** Who acts, when `--who` does not say: `$SLUICE_USER`, then the e-mail that git would use, then the user's name; null when nobody is known. */
export function actorOf(env: Environment): string | null {
  return env.SLUICE_USER || env.GIT_AUTHOR_EMAIL || env.EMAIL || env.USER || env.USERNAME || null;
}

/** Whether to colour: on a terminal, unless `NO_COLOR` is set; elsewhere only when `FORCE_COLOR` asks for it. */
export function wantsColor(env: Environment, output: Output): boolean {
  if (env.NO_COLOR) return false;
  return env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : output.isTTY && env.TERM !== 'dumb';
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // `sluice … | head` closes the pipe while we write: that is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}
