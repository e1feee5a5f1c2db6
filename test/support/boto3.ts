import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One version for every machine, so that a failure means the sandbox changed. */
const PACKAGES = ['boto3==1.44.5'];
const HOME = join(__dirname, '..', '..', '.sluice');
const VENV = join(HOME, 'test-python');
const INSTALL_TIMEOUT_MS = 240_000;

/**
 * A Python with boto3, AWS's other SDK, made once per checkout. `undefined`, said loudly, where Python or a package
 * index is missing. `SLUICE_TEST_PYTHON` names an interpreter to use instead.
 */
export function findBoto3(): string | undefined {
  const given = process.env['SLUICE_TEST_PYTHON'];
  if (given !== undefined && given !== '') return given;
  const python = join(VENV, 'bin', 'python');
  try {
    if (!existsSync(python)) install();
    execFileSync(python, ['-c', 'import boto3'], { stdio: 'pipe' });
    return python;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    console.warn(`SKIPPED: checks with boto3, because no Python with boto3 could be made here (${reason}).`);
    return undefined;
  }
}

/** Made beside its place and moved there, so that a second test process never sees half of it. */
function install(): void {
  mkdirSync(HOME, { recursive: true });
  const making = `${VENV}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  const quiet = { stdio: 'pipe', timeout: INSTALL_TIMEOUT_MS } as const;
  execFileSync('python3', ['-m', 'venv', making], quiet);
  execFileSync(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '-q', ...PACKAGES], quiet);
  try {
    renameSync(making, VENV);
  } catch {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Runs a script against an endpoint and reads the JSON it prints. */
export async function runPython(
  python: string,
  script: string,
  env: Readonly<Record<string, string>>
): Promise<unknown> {
  const aws = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'us-east-1' };
  const options = { env: { ...process.env, ...aws, ...env }, timeout: 60_000, maxBuffer: 1 << 24 };
  const { stdout } = await promisify(execFile)(python, ['-c', script], options);
  return JSON.parse(stdout);
}
