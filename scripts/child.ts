import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT } from './exit-codes';
import { Mistake } from './mistakes';

export interface ChildOptions {
  /** Names its log and pid file: `worker.log`, `worker.pid`. */
  readonly name: string;
  /** Module to run, without extension. */
  readonly module: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the log and pid files. */
  readonly dir: string;
}

/** A node process of ours that is ready for use. */
export interface Child<Ready> {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** What it said about itself when it was ready. */
  readonly ready: Ready;
  /** Resolves with a description when it ends, for whatever reason. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL when it does not end; may be called twice. */
  stop(): Promise<void>;
}

/** A cold start on a loaded machine, with the workflow bundle to be built. */
const READY_MS = 60_000;
/** The worker's own grace is 10 s; afterwards activities have some seconds to notice. */
const KILL_AFTER_MS = 15_000;
const TAIL_LINES = 12;

/**
 * Starts a node process in a group of its own, so that Ctrl-C reaches only us and we stop things in order. It ends with us, too, however
 * we end: the channel between us closes. Resolves when it has sent a message that `read` accepts; throws with the end of its log when it
 * ends before, or stays silent.
 */
export async function startChild<Ready>(
  options: ChildOptions,
  read: (message: unknown) => Ready | null
): Promise<Child<Ready>> {
  const { name, dir, env } = options;
  mkdirSync(dir, { recursive: true });
  const logFile = path.join(dir, `${name}.log`);
  const pidFile = path.join(dir, `${name}.pid`);
  const log = openSync(logFile, 'w');
  const child = fork(`${options.module}${path.extname(__filename)}`, [...(options.args ?? [])], {
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    const end = (why: string): void => {
      isOver = true;
      rmSync(pidFile, { force: true });
      resolve(why);
    };
    child.once('error', (error) => end(`The ${name} could not run: ${error.message}`));
    child.once('exit', (code, signal) => end(`The ${name} ended with ${code ?? signal}`));
  });
  const stop = async (): Promise<void> => {
    if (isOver) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    await ended;
    clearTimeout(late);
  };
  const { pid } = child;
  if (pid !== undefined) writeFileSync(pidFile, `${pid}\n`);
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<Ready>((resolve, reject) => {
    child.on('message', (message) => {
      const value = read(message);
      if (value !== null) resolve(value);
    });
    void ended.then((why) => reject(new Mistake(withLog(`${why} before it was ready`, logFile), EXIT.unreachable)));
    timer = setTimeout(
      () =>
        reject(new Mistake(withLog(`The ${name} was not ready within ${READY_MS / 1000} s`, logFile), EXIT.timedOut)),
      READY_MS
    );
  });
  try {
    return { name, pid: pid ?? -1, logFile, ready: await ready, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function withLog(what: string, logFile: string): string {
  const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  return `${what}.${tail === '' ? '' : ` It said:\n${tail}`}\nThe whole log: ${logFile}`;
}
