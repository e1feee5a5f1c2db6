import { parseArgs } from 'node:util';
import { readFaultsFile } from './faults/file';
import { readImageMap } from './image-map-file';
import { readKnobsFile } from './knobs/parse';
import type { SandboxOptions } from './options';
import { BadOptions } from './options';
import type { Sandbox } from './start';
import { startSandbox } from './start';

const USAGE = `Usage: node sandbox/main.js [--port N] [--data DIR] [--speed X] [--seed N] [options]

  --port N       port to listen on (default: a free one)
  --data DIR     keep the state here (default: a temporary folder, removed at the end)
  --speed X      provider delays pass X times as fast (default: 60)
  --seed N       seed of routing and sampling (default: 1)
  --images FILE  sandbox.yaml with the image map
  --faults FILE  rules of what shall go wrong, in YAML or JSON
  --knobs FILE   what the sandbox does where AWS does not say what it does: a mapping below "knobs", in YAML or JSON
  --engine E     run images that the map does not know with docker, podman, or what is there (auto)
  --verify-signatures  refuse calls that are not signed with the printed credentials
  --json         print one line of JSON: { url, env }
`;

/** Runs a sandbox until SIGTERM or SIGINT. Exit code 2 for bad options, 70 when it could not start. */
export async function main(argv: readonly string[]): Promise<void> {
  let sandbox: Sandbox;
  let isJson: boolean;
  try {
    const { options, json } = readOptions(argv);
    isJson = json;
    sandbox = await startSandbox(options);
  } catch (error) {
    const isUsersMistake = error instanceof BadOptions || error instanceof RangeError;
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n${isUsersMistake ? `\n${USAGE}` : ''}`
    );
    process.exitCode = isUsersMistake ? 2 : 70;
    return;
  }
  process.stdout.write(isJson ? `${JSON.stringify({ url: sandbox.url, env: sandbox.env })}\n` : greeting(sandbox));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void sandbox.stop().then(() => process.exit(0)));
}

function greeting(sandbox: Sandbox): string {
  const lines = Object.entries(sandbox.env).map(([name, value]) => `export ${name}=${value}`);
  return [`SageMaker sandbox at ${sandbox.url}, state in ${sandbox.dataDir}`, ...lines, ''].join('\n');
}

function readOptions(argv: readonly string[]): { readonly options: SandboxOptions; readonly json: boolean } {
  const values = parse(argv);
  return {
    json: values.json ?? false,
    options: {
      ...(values.port === undefined ? {} : { port: numberOf('--port', values.port) }),
      ...(values.data === undefined ? {} : { dataDir: values.data }),
      ...(values.speed === undefined ? {} : { speed: numberOf('--speed', values.speed) }),
      ...(values.seed === undefined ? {} : { seed: numberOf('--seed', values.seed) }),
      ...(values.images === undefined ? {} : { images: readImageMap(values.images) }),
      ...(values.faults === undefined ? {} : { faults: readFaultsFile(values.faults) }),
      ...(values.knobs === undefined ? {} : { knobs: readKnobsFile(values.knobs) }),
      ...(values.engine === undefined ? {} : { engine: engineOf(values.engine) }),
      ...(values['verify-signatures'] ? { verifySignatures: true } : {}),
    },
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: text,
        data: text,
        speed: text,
        seed: text,
        images: text,
        faults: text,
        knobs: text,
        engine: text,
        'verify-signatures': { type: 'boolean' },
        json: { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw new BadOptions(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function engineOf(text: string): 'auto' | 'docker' | 'podman' {
  if (text === 'auto' || text === 'docker' || text === 'podman') return text;
  throw new BadOptions(`--engine takes auto, docker or podman, not "${text}"`);
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new BadOptions(`${flag} takes a number, not "${text}"`);
  return value;
}

if (require.main === module) void main(process.argv.slice(2));
