import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One version for every machine, so that a failure means the sandbox changed. moto is the peer of the differential runs. */
const PACKAGES = ['boto3==1.44.5', 'awscli==1.46.3', 'moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'];
const HOME = join(__dirname, '..', '..', '.sluice');
/** The name holds the packages: another list makes another environment, and a finished one is never touched. */
const NAME = `test-python-${createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 8)}`;
const INSTALL_TIMEOUT_MS = 240_000;
/** Ends a script that hangs, before the test that waits for it is given up. */
const SCRIPT_TIMEOUT_MS = 280_000;

/** A Python with boto3, AWS's other SDK; see `findPython`. */
export function findBoto3(): string | undefined {
  return findPython('boto3');
}

/**
 * A Python that has these modules (of boto3, awscli and moto), made once per checkout. `undefined`, said loudly, where Python or a
 * package index is missing. `SLUICE_TEST_PYTHON` names an interpreter to use instead.
 */
export function findPython(...modules: readonly ('boto3' | 'awscli' | 'moto')[]): string | undefined {
  try {
    const given = process.env['SLUICE_TEST_PYTHON'];
    const python = given !== undefined && given !== '' ? given : madeOnce();
    const find = `import importlib.util, sys; sys.exit(not all(importlib.util.find_spec(m) for m in sys.argv[1:]))`;
    execFileSync(python, ['-c', find, ...modules], { stdio: 'pipe' });
    return python;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    console.warn(
      `SKIPPED: checks with ${modules.join(', ')}, because no Python with them could be had here (${reason}).`
    );
    return undefined;
  }
}

/** One test process installs; the others wait for it, and try themselves when it fails. */
function madeOnce(): string {
  const place = join(HOME, NAME);
  const lock = `${place}.lock`;
  mkdirSync(HOME, { recursive: true });
  while (!existsSync(place)) {
    try {
      mkdirSync(lock);
    } catch {
      const isAbandoned = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > INSTALL_TIMEOUT_MS;
      if (isAbandoned) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      continue;
    }
    try {
      if (!existsSync(place)) install(place);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return join(place, 'bin', 'python');
}

/** Made beside its place and moved there, so that nobody ever sees half of it. Environments of other package lists go. */
function install(place: string): void {
  const making = `${place}.${process.pid}`;
  const quiet = { stdio: 'pipe', timeout: INSTALL_TIMEOUT_MS } as const;
  try {
    execFileSync('python3', ['-m', 'venv', making], quiet);
    execFileSync(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '-q', ...PACKAGES], quiet);
    renameSync(making, place);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  const old = readdirSync(HOME).filter((name) => name.startsWith('test-python') && !name.startsWith(NAME));
  for (const name of old) rmSync(join(HOME, name), { recursive: true, force: true });
}

/** Runs a script against an endpoint and reads the JSON it prints. Modules of test/support/python can be imported. */
export async function runPython(
  python: string,
  script: string,
  env: Readonly<Record<string, string>>
): Promise<unknown> {
  const aws = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'us-east-1' };
  const modules = { PYTHONPATH: join(__dirname, 'python'), PYTHONDONTWRITEBYTECODE: '1' };
  const options = {
    env: { ...process.env, ...aws, ...modules, ...env },
    timeout: SCRIPT_TIMEOUT_MS,
    maxBuffer: 1 << 24,
  };
  const { stdout } = await promisify(execFile)(python, ['-c', script], options);
  return JSON.parse(stdout);
}
