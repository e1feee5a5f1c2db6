import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROLE, until } from '../../support/sandbox/harness';
import { below, ended, JOB_IMAGES, processed, processingInput, put, transformInput } from '../../support/sandbox/jobs';
import {
  capture,
  definitionInput,
  executions,
  HOUR_MS,
  schedule,
  watchedEndpoint,
} from '../../support/sandbox/monitoring';
import type { SandboxProcess } from '../../support/sandbox/sandbox-process';
import { processesOf, startSandboxProcess } from '../../support/sandbox/sandbox-process';

describe('kill -9 while jobs run', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-jobs-'));
  const data = path.join(dir, 'data');
  const images = path.join(dir, 'images.yaml');
  writeFileSync(images, JSON.stringify({ images: JOB_IMAGES }));
  let sandbox: SandboxProcess;

  afterAll(async () => {
    await sandbox.end('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  test('they are begun again, end as they would have, and write what they would have written', async () => {
    sandbox = await startSandboxProcess(data, ['--images', images]);
    const [finish, requests] = [path.join(dir, 'finish'), path.join(dir, 'requests')];
    await sandbox.s3.createBucket({ Bucket: 'data' });
    await sandbox.sagemaker.createModel({
      ModelName: 'echo',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'batch:1', Environment: { LOG: requests } },
    });
    const lines = Array.from({ length: 200 }, (_, n) => `SLOW${n}\n`);
    await put(sandbox.s3, {
      'in/a.csv': lines.join(''),
      'baseline/constraints.json': '{}',
      'baseline/statistics.json': '{}',
    });
    await watchedEndpoint(sandbox);
    await capture(sandbox, [{ atMs: Date.now() - HOUR_MS, input: '1' }]);
    const env = { UNTIL: finish, MESSAGE: 'done' };
    await sandbox.sagemaker.createDataQualityJobDefinition(
      definitionInput('cut', { ImageUri: 'job:1', Environment: env })
    );
    const times = { ScheduleExpression: 'NOW', DataAnalysisStartTime: '-PT2H', DataAnalysisEndTime: 'PT0H' };
    await schedule(sandbox, { name: 'cut', times });
    await sandbox.sagemaker.createProcessingJob(processingInput({ name: 'cut', from: 'in/', env }));
    const split = { input: { SplitType: 'Line' }, output: { AssembleWith: 'Line' } } as const;
    await sandbox.sagemaker.createTransformJob(
      transformInput({ ...split, name: 'cut', BatchStrategy: 'SingleRecord' })
    );
    const count = () => (existsSync(requests) ? readFileSync(requests, 'utf8').split('\n').length : 0);
    await until(() => count() > 10);
    // The endpoint's container, the job's and the execution's beside the model's.
    await until(() => process.platform !== 'linux' || processesOf(data).length >= 8);

    await sandbox.end('SIGKILL');
    await until(() => processesOf(data).length === 0);
    sandbox = await startSandboxProcess(data, ['--images', images]);
    writeFileSync(finish, '');
    expect((await ended(sandbox.sagemaker, 'cut')).TransformJobStatus).toBe('Completed');
    expect(await below(sandbox.s3, 'out/cut/')).toEqual({
      'a.csv': `${lines.join('')}\nby algo-1`,
      'a.csv.out': lines.map((line) => `${line.length - 1},${line}`).join(''),
    });
    expect(await processed(sandbox.sagemaker, 'cut')).toMatchObject({
      ProcessingJobStatus: 'Completed',
      ExitMessage: 'done',
    });
    const [run, ...others] = await executions(sandbox, 'cut', 1);
    expect([run?.MonitoringExecutionStatus, others]).toEqual(['Completed', []]);
    // One job for the execution, though two processes have begun it.
    const { ProcessingJobSummaries = [] } = await sandbox.sagemaker.listProcessingJobs({
      NameContains: 'model-monitoring',
    });
    expect(ProcessingJobSummaries).toHaveLength(1);
    expect(await sandbox.end('SIGTERM')).toBe(0);
    // A process that was killed is seen for a moment yet.
    await until(() => processesOf(data).length === 0);
  });
});
