import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A container as an image would start it, without a sandbox: what it answers is what a transform job has to deliver. */
export interface DirectContainer {
  /** The answer to one call of `/invocations`; throws on any status but 200. */
  invoke(body: string | Buffer, contentType?: string): Promise<Buffer>;
  stop(): Promise<void>;
}

/** Starts the program on a free port of the system's choice. */
export async function startDirectContainer(
  script = path.join(__dirname, 'batch-container.js')
): Promise<DirectContainer> {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env['PATH'], SAGEMAKER_BIND_TO_PORT: '0', TELL_PORT: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port]: string[] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    async invoke(body, contentType = 'text/csv') {
      const answer = await fetch(`http://127.0.0.1:${port}/invocations`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: Buffer.isBuffer(body) ? new Uint8Array(body) : body,
      });
      if (answer.status !== 200) throw new Error(`the container answers ${answer.status}`);
      return Buffer.from(await answer.arrayBuffer());
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
