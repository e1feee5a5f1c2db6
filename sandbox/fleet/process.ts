import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

export interface ContainerProcess {
  readonly pid: number;
  /** Resolves with the exit code when the container has ended; a signal counts as 128 + its number, as in a shell. */
  readonly exited: Promise<number>;
  /** SIGKILL to its whole group. */
  kill(): void;
  /** SIGTERM, then SIGKILL to its whole group after the grace. Resolves when it has ended. */
  terminate(graceMs: number): Promise<void>;
}

/**
 * Runs the container as a child of a small shell that holds the read end of a pipe from the sandbox. When the sandbox dies, by
 * SIGKILL too, the pipe ends, and the shell ends the whole process group: no orphan is left. SIGTERM is passed on. What Docker or
 * Podman runs lives outside of the group, so it is removed by name.
 */
const LIFELINE = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
( read -r _ <&3; trap '' TERM; kill -TERM 0; sleep 1
  [ -z "$SANDBOX_ENGINE" ] || "$SANDBOX_ENGINE" rm -f "$SANDBOX_CONTAINER" >/dev/null 2>&1
  kill -KILL 0 ) &
watcher=$!
exec 3<&-
trap 'kill -TERM "$child" 2>/dev/null' TERM
wait "$child"; code=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** Starts a process in its own group, its output appended to a log file. Nothing of this process's environment is passed on. */
export function startProcess(spec: {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The container engine, and the name of its container. */
  readonly removal?: { readonly program: string; readonly name: string };
}): ContainerProcess {
  const { removal } = spec;
  mkdirSync(path.dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  const child = spawn('/bin/sh', ['-c', LIFELINE, 'sandbox-container', ...spec.command], {
    cwd: spec.cwd,
    env: removal ? { ...spec.env, SANDBOX_ENGINE: removal.program, SANDBOX_CONTAINER: removal.name } : spec.env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  // The lifeline is never written to; its error when the shell ends first says nothing new.
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  }).then(async (code) => {
    killGroup(child.pid, 'SIGKILL');
    if (removal) await run(removal.program, ['rm', '-f', removal.name], spec.env);
    return code;
  });
  return {
    pid: child.pid ?? -1,
    exited,
    kill: () => killGroup(child.pid, 'SIGKILL'),
    terminate: async (graceMs) => {
      child.kill('SIGTERM');
      const kill = setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(kill);
    },
  };
}

/** Whatever comes of it: a container that ended by itself is gone already. */
function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: 'ignore' });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}

/** A group that is gone already is what was wanted. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: no process of the group is left.
  }
}
