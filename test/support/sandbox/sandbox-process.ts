import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Clients } from './harness';
import { clientsFor, IMAGES } from './harness';

const ROOT = path.join(__dirname, '..', '..', '..');

export interface SandboxProcess extends Clients {
  readonly child: ChildProcess;
  readonly url: string;
  /** Ends the process, and resolves with its exit code when it has gone; `null` when the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts the sandbox from its sources as a process of its own, with the tiny container as `server:*`. */
export async function startSandboxProcess(dir: string, args: readonly string[] = []): Promise<SandboxProcess> {
  const images = path.join(path.dirname(dir), `${path.basename(dir)}.images.yaml`);
  writeFileSync(images, JSON.stringify({ images: { 'server:*': IMAGES['server:*']?.command } }));
  const register = path.join(ROOT, 'test/support/sandbox/register.js');
  const main = path.join(ROOT, 'sandbox/main.ts');
  const child = spawn(
    process.execPath,
    ['-r', register, main, '--json', '--speed', '1000', '--data', dir, '--images', images, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: ROOT,
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    }
  );
  const exited = once(child, 'exit');
  const [line]: string[] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`the sandbox ended with ${code} at its start`))),
  ]);
  const { url }: { readonly url: string } = JSON.parse(line ?? '');
  const clients = clientsFor(url);
  return {
    child,
    url,
    ...clients,
    end: async (signal) => {
      clients.destroy();
      child.kill(signal);
      const [code]: (number | null)[] = await exited;
      return code ?? null;
    },
  };
}

/** Ids of processes whose environment names this folder, as every container's does. Only Linux can tell; empty elsewhere. */
export function processesOf(dir: string): readonly number[] {
  const ids = (() => {
    try {
      return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    } catch {
      return [];
    }
  })();
  return ids.filter((id) => environmentOf(id).includes(`${dir}/`)).map(Number);
}

function environmentOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8');
  } catch {
    return '';
  }
}
