import { GetObjectCommand } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { extract } from 'tar';
import { parseS3Location } from '../gateway/s3-location';
import type { TransformOutcome } from '../gateway/transform/check';
import type { TransformBody } from '../gateway/transform/transforms';
import { FailureError } from '../sagemaker/faults';
import type { TransformSide } from '../spec/compat-transforms';
import type { ActivityDeps } from './deps';

/** A transform container's archive holds a table and a script; a larger one is a model. */
const LARGEST_BYTES = 4 * 1024 * 1024;
const FILES = ['transform.json', 'code/transform.js'] as const;
/** For all samples together; each takes microseconds. */
const TIMEOUT_MS = 20_000;
const LARGEST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What the process does: the same as the container, without the HTTP. It is given the samples as a file and prints outcomes. */
const RUNNER = `
const fs = require('node:fs'), path = require('node:path');
const [dir, side] = process.argv.slice(1);
const engine = require(path.join(dir, 'code', 'transform.js'));
const transforms = engine.compileTransforms(JSON.parse(fs.readFileSync(path.join(dir, 'transform.json'), 'utf8')));
const outcomes = JSON.parse(fs.readFileSync(path.join(dir, 'samples.json'), 'utf8')).map((sample) => {
  try {
    return { status: 200, body: transforms[side](sample).body.toString('base64') };
  } catch (error) {
    if (!(error instanceof engine.TransformError)) throw error;
    return { status: error.status, body: engine.errorBody(error).toString('base64') };
  }
});
process.stdout.write(JSON.stringify(outcomes));
`;

/**
 * What the code in a transform container's artifact makes of samples. It is the candidate's code, so it runs in a process of its own that has
 * neither this worker's environment nor its files: only the folder that it was unpacked into.
 */
export async function runContainerTransforms(
  deps: ActivityDeps,
  input: { readonly artifact: string; readonly side: TransformSide; readonly samples: readonly TransformBody[] }
): Promise<readonly TransformOutcome[]> {
  const { artifact, side, samples } = input;
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-transforms-'));
  try {
    await unpack(deps, artifact, dir);
    const bodies = samples.map(({ body, contentType }) => ({ body: Buffer.from(body).toString('utf8'), contentType }));
    await writeFile(path.join(dir, 'samples.json'), JSON.stringify(bodies));
    const outcomes = JSON.parse(await run(dir, side)) as readonly { readonly status: number; readonly body: string }[];
    return outcomes.map(({ status, body }) => ({ status, body: Buffer.from(body, 'base64') }));
  } catch (cause) {
    if (!(cause instanceof UnusableArtifact)) throw cause;
    throw new FailureError('InvalidRequest', `The transforms in ${artifact} cannot be run: ${cause.message}`, {
      cause,
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

class UnusableArtifact extends Error {}

async function unpack({ aws }: ActivityDeps, artifact: string, dir: string): Promise<void> {
  const { bucket, prefix } = parseS3Location(artifact);
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix }));
  if ((object.ContentLength ?? 0) > LARGEST_BYTES)
    throw new UnusableArtifact(
      `it has ${object.ContentLength} bytes, and a transform container's artifact at most ${LARGEST_BYTES}.`
    );
  const archive = path.join(dir, 'model.tar.gz');
  await writeFile(archive, (await object.Body?.transformToByteArray()) ?? new Uint8Array());
  const found: string[] = [];
  try {
    await extract({
      file: archive,
      cwd: dir,
      strict: true,
      filter: (entry, about) => {
        const name = path.posix.normalize(entry);
        const isWanted = 'type' in about && about.type === 'File' && (FILES as readonly string[]).includes(name);
        if (isWanted && about.size <= LARGEST_BYTES) found.push(name);
        return isWanted && about.size <= LARGEST_BYTES;
      },
    });
  } catch (cause) {
    throw new UnusableArtifact('it is no tar.gz archive.', { cause });
  }
  const missing = FILES.filter((name) => !found.includes(name));
  if (missing.length > 0)
    throw new UnusableArtifact(
      `it holds no ${missing.join(' and no ')}; \`transformFiles\` of the gateway makes both.`
    );
}

async function run(dir: string, side: TransformSide): Promise<string> {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const args = [permission, `--allow-fs-read=${dir}`, '--no-warnings', '-e', RUNNER, dir, side];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { env: {}, cwd: dir, timeout: TIMEOUT_MS, maxBuffer: LARGEST_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said =
          stderr.split('\n').find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? error.message.split('\n')[0];
        reject(
          new UnusableArtifact(error.killed ? `it took more than ${TIMEOUT_MS / 1000} s.` : String(said), {
            cause: error,
          })
        );
      }
    );
  });
}
