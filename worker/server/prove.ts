import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { canConnect, freePort } from './ports';
import { codeOf, messageOf } from '../thrown';
import type { BinaryKind } from './source';

/** Both answer in well under a second; a cold disk or an antivirus scan of 150 MB may take longer. */
const PROOF_MS = 20_000;

/** The oldest CLI whose server has update-with-start on by default (server 1.28), which `submit` needs. */
export const OLDEST_CLI: readonly [number, number] = [1, 4];

/** A fork elsewhere in this process can hold a just written executable open for a moment: https://github.com/golang/go/issues/22315. */
async function withTextBusyRetry<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (codeOf(error) !== 'ETXTBSY' || attempt >= 20) throw error;
      await delay(50);
    }
  }
}

async function versionOutput(path: string): Promise<string> {
  const child = spawn(path, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // Only a child that was spawned may be killed: without a pid, Node's `kill` signals our own process group.
  await once(child, 'spawn');
  // Not spawn's own `timeout`: its timer outlives a failed spawn and keeps the process up (node 20).
  const timer = setTimeout(() => child.kill('SIGKILL'), PROOF_MS);
  await once(child, 'close').finally(() => clearTimeout(timer));
  if (child.exitCode === 0) return output;
  throw new Error(`--version ended with ${child.exitCode ?? child.signalCode}: ${output.trim().slice(0, 200)}`);
}

async function proveCli(path: string): Promise<string> {
  const output = await withTextBusyRetry(() => versionOutput(path));
  const [, version, major, minor] = /^temporal version ((\d+)\.(\d+)\S*)/m.exec(output) ?? [];
  if (version === undefined) throw new Error(`--version said "${output.trim().slice(0, 80)}", not a Temporal version`);
  const [oldestMajor, oldestMinor] = OLDEST_CLI;
  if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
    throw new Error(`is version ${version}, older than ${OLDEST_CLI.join('.')}`);
  }
  return version;
}

/** It knows no `--version`: it takes a port, and it works if it listens there. */
async function listensOnce(path: string): Promise<void> {
  const port = await freePort();
  const child = spawn(path, [String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
  await once(child, 'spawn');
  const closed = once(child, 'close');
  const deadlineMs = Date.now() + PROOF_MS;
  let open = false;
  while (!open && child.exitCode === null && child.signalCode === null && Date.now() < deadlineMs) {
    open = await canConnect(port);
    if (!open) await delay(20);
  }
  const ended = child.exitCode ?? child.signalCode;
  child.kill('SIGKILL');
  await closed;
  if (open) return;
  throw new Error(
    ended === null ? `did not listen within ${PROOF_MS} ms` : `ended with ${ended}: ${stderr.trim().slice(0, 200)}`
  );
}

/** Runs an executable to see that it is what it should be, on this machine. Returns its version; throws with one line. */
export async function prove(kind: BinaryKind, path: string): Promise<string> {
  try {
    if (kind === 'cli') return await proveCli(path);
    await withTextBusyRetry(() => listensOnce(path));
    return 'unknown';
  } catch (error) {
    throw new Error(`${path} does not work: ${messageOf(error)}`, { cause: error });
  }
}
