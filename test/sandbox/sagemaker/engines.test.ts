import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readImageMap } from '../../../sandbox/image-map-file';
import { findEngine } from '../../../sandbox/fleet/engine-command';
import type { TestSandbox } from '../../support/sandbox/harness';
import { below, processed, processingInput, put } from '../../support/sandbox/jobs';
import {
  clientsFor,
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

const FAKE = path.join(__dirname, '..', '..', 'support', 'sandbox', 'fake-docker.js');
const root = path.join(__dirname, '..', '..', '..');

interface Call {
  readonly args: readonly string[];
  readonly env: readonly string[];
}

/** A folder with a program of an engine's name in it. */
function fakeEngine(dir: string, name: string): string {
  const bin = path.join(dir, name);
  mkdirSync(bin);
  writeFileSync(path.join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${path.join(bin, 'fake.js')}" "$@"\n`, {
    mode: 0o755,
  });
  const servers = path.dirname(FAKE);
  writeFileSync(path.join(bin, 'fake.js'), readFileSync(FAKE, 'utf8').replace('__dirname', JSON.stringify(servers)));
  return bin;
}

function callsIn(bin: string): readonly Call[] {
  // What follows the last line feed is being written.
  const lines = readFileSync(path.join(bin, 'calls.jsonl'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line): Call => JSON.parse(line));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('containers of Docker and Podman', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-engines-'));
  const docker = fakeEngine(dir, 'docker');
  const podman = fakeEngine(dir, 'podman');
  const pathBefore = process.env['PATH'] ?? '';
  let box: TestSandbox;
  beforeAll(async () => {
    process.env['PATH'] = `${docker}${path.delimiter}${pathBefore}`;
    process.env['SECRET_OF_THE_PARENT'] = 'must not leak';
    box = await startTestSandbox({
      images: {
        'own:*': { engine: 'docker', image: 'local/own:dev', options: ['--memory', '1g'] },
        'other:*': { engine: 'podman' },
      },
      engine: 'auto',
    });
  });
  afterAll(async () => {
    await box.stop();
    process.env['PATH'] = pathBefore;
    delete process.env['SECRET_OF_THE_PARENT'];
    rmSync(dir, { recursive: true });
  });

  async function endpoint(name: string, image: string) {
    await box.sagemaker.createModel({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: image, Environment: { REPLY: 'from $HOME', TRICK: '${PORT} a=b' } },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    return settledEndpoint(box.sagemaker, name);
  }

  test('an image without a pattern is run as it is, under SageMaker’s contract', async () => {
    expect((await endpoint('plain', 'registry.example/team/model:7')).EndpointStatus).toBe('InService');
    expect((await invoke(box.runtime, 'plain')).text).toBe('from $HOME');
    const [call] = callsIn(docker);
    expect(call?.args.slice(0, 3)).toEqual(['run', '--rm', '--name']);
    expect(call?.args.slice(-2)).toEqual(['registry.example/team/model:7', 'serve']);
    const text = call?.args.join('\n') ?? '';
    expect(text).toMatch(/--publish\n127\.0\.0\.1:\d+:8080\n/);
    expect(text).toMatch(/--volume\n\/.*:\/opt\/ml\/model:ro\n/);
    expect(text).toContain('--hostname\nprimary\n');
    expect(text).toContain('--env\nSAGEMAKER_BIND_TO_PORT=8080\n');
    expect(text).toContain('--env\nTRICK=${PORT} a=b\n');
    expect(call?.env).not.toContain('SECRET_OF_THE_PARENT');
  });

  test('a pattern names another image and options, and a deletion leaves no container', async () => {
    expect((await endpoint('own', 'own:3')).EndpointStatus).toBe('InService');
    const call = callsIn(docker).find(({ args }) => args.includes('local/own:dev'));
    expect(call?.args.slice(-4)).toEqual(['--memory', '1g', 'local/own:dev', 'serve']);
    const name = call?.args[3] ?? '';
    const pid = Number(readFileSync(path.join(docker, `${name}.pid`), 'utf8'));
    expect(isAlive(pid)).toBe(true);
    await box.sagemaker.deleteEndpoint({ EndpointName: 'own' });
    await until(() => !isAlive(pid));
  });

  test('a container that crashes is started again under another name', async () => {
    await createEndpoint(box.sagemaker, { name: 'again', variants: [{ name: 'v' }] });
    await errorOf(invoke(box.runtime, 'again', { body: '{"exit":1}' }));
    expect((await until(() => invoke(box.runtime, 'again').catch(() => undefined))).text).toBe('v');
    const names = callsIn(docker).flatMap(({ args }) => (args.at(-2) === 'server:1' ? [args[3]] : []));
    expect(new Set(names).size).toBe(2);
  });

  test('a processing job has its folder at /opt/ml, its command and its environment as they were given', async () => {
    await box.s3.createBucket({ Bucket: 'data' });
    await put(box.s3, { 'in/a.txt': 'a' });
    const wish = { from: 'in/', env: { MESSAGE: 'done', AT: '/opt/ml/x' }, entrypoint: ['/bin/go', 'now'], arguments: ['/opt/ml/y'] }; // prettier-ignore
    await box.sagemaker.createProcessingJob(processingInput({ name: 'contained', image: 'own:9', ...wish }));
    expect(await processed(box.sagemaker, 'contained')).toMatchObject({
      ...{ ProcessingJobStatus: 'Completed', ExitMessage: 'done' },
    });
    expect(await below(box.s3, 'out/contained/')).toEqual({ 'a.txt': 'a\nby algo-1' });
    const { args = [] } = callsIn(docker).find((call) => call.args.includes('--entrypoint')) ?? {};
    const text = args.join('\n');
    expect(args.slice(0, 3)).toEqual(['run', '--rm', '--name']);
    expect(args.slice(-7)).toEqual(['--entrypoint', '/bin/go', '--memory', '1g', 'local/own:dev', 'now', '/opt/ml/y']);
    expect(text).toMatch(/--hostname\nalgo-1\n--volume\n\/.*:\/opt\/ml\n/);
    expect(text).toContain('--env\nAT=/opt/ml/x\n');
    expect(text).not.toContain('--publish');
    expect(text).not.toContain('SECRET_OF_THE_PARENT');
  });

  test('stopping a processing job leaves no container', async () => {
    await box.sagemaker.createProcessingJob(processingInput({ name: 'endless', image: 'own:9', env: { UNTIL: '/never', DEAF: '1' } })); // prettier-ignore
    const name = await until(() => callsIn(docker).findLast(({ args }) => args.includes('UNTIL=/never'))?.args[3]);
    const pidFile = path.join(docker, `${name}.pid`);
    // A file that is just being written is there, and empty.
    const pid = await until(() => existsSync(pidFile) && (Number(readFileSync(pidFile, 'utf8')) || undefined));
    expect(isAlive(pid)).toBe(true);
    await box.sagemaker.stopProcessingJob({ ProcessingJobName: 'endless' });
    expect((await processed(box.sagemaker, 'endless')).ProcessingJobStatus).toBe('Stopped');
    await until(() => !isAlive(pid));
    expect(callsIn(docker).map(({ args }) => args.join(' '))).toContain(`rm -f ${name}`);
  });

  test('without the engine that is asked for, the endpoint says so', async () => {
    expect(await endpoint('none', 'other:1')).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringContaining('there is no podman on the path'),
    });
  });

  test('Docker comes before Podman, and a folder of that name is no program', () => {
    const both = [podman, docker].join(path.delimiter);
    expect(findEngine('auto', both)).toBe(path.join(docker, 'docker'));
    expect(findEngine('auto', podman)).toBe(path.join(podman, 'podman'));
    expect(findEngine('podman', docker)).toBeUndefined();
    expect(findEngine('auto', dir)).toBeUndefined();
  });

  test('kill -9 of the sandbox leaves no container of an engine behind', async () => {
    const images = path.join(dir, 'sandbox.yaml');
    writeFileSync(images, 'images:\n  "server:*": { engine: docker }\n');
    expect(readImageMap(images)).toEqual({ 'server:*': { engine: 'docker' } });
    const child = spawn(
      process.execPath,
      [
        ...['-r', path.join(root, 'test/support/sandbox/register.js'), path.join(root, 'sandbox/main.ts')],
        ...['--json', '--speed', '1000', '--images', images, '--data', path.join(dir, 'data')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: root, env: process.env }
    );
    const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
    const { url }: { readonly url: string } = JSON.parse(line ?? '');
    const clients = clientsFor(url);
    const before = new Set(readdirSync(docker));
    await createEndpoint(clients.sagemaker, { name: 'orphan', variants: [{ name: 'v', count: 2 }] });
    const pids = readdirSync(docker)
      .filter((file) => file.endsWith('.pid') && !before.has(file))
      .map((file) => Number(readFileSync(path.join(docker, file), 'utf8')));
    expect(pids).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    clients.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !pids.some(isAlive));
  });
});
