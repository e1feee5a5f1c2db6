import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extract } from 'tar';

export interface RunningContainer {
  readonly url: string;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

const serve = path.join(__dirname, '../../examples/product-reviews/container/serve.js');

/** Unpacks an artifact as SageMaker does and starts the model server on a free port, with the environment of the contract and nothing else. */
export async function startContainer(artifact: Uint8Array): Promise<RunningContainer> {
  const baseDir = await mkdtemp(path.join(tmpdir(), 'product-reviews-'));
  await mkdir(path.join(baseDir, 'model'));
  const archive = path.join(baseDir, 'model.tar.gz');
  await writeFile(archive, artifact);
  await extract({ file: archive, cwd: path.join(baseDir, 'model'), strict: true });
  const child = spawn(process.execPath, [serve, 'serve'], {
    env: { SAGEMAKER_BASE_DIR: baseDir, SAGEMAKER_BIND_TO_PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    const code = await exited;
    await rm(baseDir, { recursive: true, force: true });
    return code;
  };
  const port = await Promise.race([portOf(child), exited.then(() => undefined)]);
  if (port === undefined) {
    await rm(baseDir, { recursive: true, force: true });
    throw new Error('The container ended before it listened.');
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function portOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const port = /:(\d+)\n/.exec(text)?.[1];
      if (port !== undefined) resolve(port);
    });
  });
}
