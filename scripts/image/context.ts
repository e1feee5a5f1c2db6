import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Mistake } from '../mistakes';

/** What the container's program is made of; room borders keep everything else out of it. */
const ROOMS = ['monitors', 'guards', 'spec'];
const PACKAGES = [
  '@duckdb/node-api',
  '@jmespath-community/jmespath',
  'ml-matrix',
  '@aws-sdk/client-sagemaker',
  '@aws-sdk/client-sagemaker-runtime',
];

/** Lays out what an image is built of: the Dockerfile, the compiled rooms, and exact versions of the packages that they need. */
export async function writeContext(dir: string): Promise<{ readonly version: string }> {
  const root = packageRoot();
  const compiled = path.join(root, 'dist');
  if (!existsSync(path.join(compiled, 'monitors', 'container', 'main.js')))
    throw new Mistake(`${compiled} is not built. Run npm run build first.`);
  await mkdir(path.join(dir, 'dist'), { recursive: true });
  for (const room of ROOMS) await cp(path.join(compiled, room), path.join(dir, 'dist', room), { recursive: true });
  await cp(path.join(compiled, 'monitors', 'container', 'image', 'Dockerfile'), path.join(dir, 'Dockerfile'));
  const own = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const dependencies = Object.fromEntries(PACKAGES.map((name) => [name, own.dependencies[name]]));
  const made = { name: 'sluice-monitor', version: own.version, private: true, dependencies };
  await writeFile(path.join(dir, 'package.json'), `${JSON.stringify(made, null, 2)}\n`);
  return { version: own.version };
}

/** Works from the sources as well as from dist/. */
function packageRoot(): string {
  const above = path.join(__dirname, '..', '..');
  return existsSync(path.join(above, 'package.json')) ? above : path.join(above, '..');
}
