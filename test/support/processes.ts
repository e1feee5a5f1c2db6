import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** Runs one of our sources as a process of its own, with an IPC channel; stdout and stderr are piped. */
export function forkSource(
  file: string,
  options: { readonly args?: readonly string[]; readonly env?: Record<string, string | undefined> } = {}
): ChildProcess {
  return fork(path.resolve(__dirname, '../..', file), options.args ?? [], {
    execArgv: ['-r', path.join(__dirname, 'register-swc.cjs')],
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** The next message that a forked process sends; rejects with what it printed when it ends instead. */
export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const listen = (chunk: Buffer): void => {
      printed += chunk.toString();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('message', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${printed}`)));
  });
}

/** How a process ends, with everything it printed until then. */
export async function untilEnd(
  child: ChildProcess
): Promise<{ readonly code: number | null; readonly output: string }> {
  let output = '';
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  // Not the child's own `close`: it never comes after we disconnected the channel (node 20).
  await Promise.all([once(child, 'exit'), ...streams.map((stream) => once(stream, 'close'))]);
  return { code: child.exitCode, output };
}
