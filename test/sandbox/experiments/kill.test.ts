import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { experimentable, experimentIn, experimentOn, variantStatuses } from '../../support/sandbox/experiments';
import { invoke, settledEndpoint, until } from '../../support/sandbox/harness';
import type { SandboxProcess } from '../../support/sandbox/sandbox-process';
import { processesOf, startSandboxProcess } from '../../support/sandbox/sandbox-process';

describe('kill -9 in every state of an inference experiment', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-experiment-'));
  const data = path.join(dir, 'data');
  let sandbox: SandboxProcess;

  afterAll(async () => {
    await sandbox.end('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  const setSpeed = (speed: number) =>
    fetch(`${sandbox.url}/_sandbox/clock`, { method: 'PUT', body: JSON.stringify({ speed }) });

  /** So slow that a state which passes is still there when it is looked at. */
  const SLOWLY = 1;
  const FAST = 1_000;

  /** Kills the sandbox while the experiment has this status; the next sandbox finds it so, and from there time passes. */
  async function killIn(status: string): Promise<void> {
    await experimentIn(sandbox, 'shot', status);
    await sandbox.end('SIGKILL');
    sandbox = await startSandboxProcess(data, ['--speed', String(SLOWLY)]);
    expect((await sandbox.sagemaker.describeInferenceExperiment({ Name: 'shot' })).Status).toBe(status);
    await setSpeed(FAST);
  }

  async function whileSlow(call: () => Promise<unknown>, status: string): Promise<void> {
    await setSpeed(SLOWLY);
    await call();
    await killIn(status);
  }

  test('it goes on to where it was going, and the endpoint has what it had', async () => {
    sandbox = await startSandboxProcess(data);
    await experimentable(sandbox.sagemaker, 'shot');
    const wish = experimentOn('shot', { Schedule: { StartTime: new Date(Date.now() + 3_600_000) }, samplingPct: 40 });
    await whileSlow(() => sandbox.sagemaker.createInferenceExperiment(wish), 'Creating');
    await killIn('Created');
    const change = { Name: 'shot', Description: 'survives' };
    await whileSlow(() => sandbox.sagemaker.updateInferenceExperiment(change), 'Updating');
    await experimentIn(sandbox, 'shot', 'Created');
    await whileSlow(() => sandbox.sagemaker.startInferenceExperiment({ Name: 'shot' }), 'Starting');
    await killIn('Running');
    const described = await sandbox.sagemaker.describeInferenceExperiment({ Name: 'shot' });
    expect(described.Description).toBe('survives');
    expect(variantStatuses(described)).toEqual({ live: 'InService', dark: 'InService' });
    const during = await settledEndpoint(sandbox.sagemaker, 'shot');
    expect(during.ShadowProductionVariants).toMatchObject([{ VariantName: 'dark' }]);
    expect((await invoke(sandbox.runtime, 'shot')).text).toBe('live');
    const stop = { Name: 'shot', ModelVariantActions: { dark: 'Remove' }, DesiredState: 'Completed' } as const;
    await whileSlow(() => sandbox.sagemaker.stopInferenceExperiment(stop), 'Stopping');
    expect((await experimentIn(sandbox, 'shot', 'Completed', 'Cancelled')).Status).toBe('Completed');
    const after = await settledEndpoint(sandbox.sagemaker, 'shot');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'shot' });
    expect(after.ShadowProductionVariants).toBeUndefined();
    expect(await sandbox.end('SIGTERM')).toBe(0);
    // What a killed sandbox had started ends by itself, a moment after it.
    await until(() => processesOf(data).length === 0);
  });
});
