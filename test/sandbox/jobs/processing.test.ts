import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, startTestSandbox, until } from '../../support/sandbox/harness';
import { below, JOB_IMAGES, processed, processingInput, put } from '../../support/sandbox/jobs';

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:processing-job';

describe('a processing job', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES, knobs: { minStartupWindowMs: 100 } });
    await box.s3.createBucket({ Bucket: 'data' });
    await put(box.s3, { 'in/a.csv': 'a', 'in/b.csv': 'b', 'in/sub/c.csv': 'c', 'in/d.csv': 'd' });
  });
  afterAll(() => box.stop());

  const run = async (wish: Parameters<typeof processingInput>[0]) => {
    await box.sagemaker.createProcessingJob(processingInput(wish));
    return processed(box.sagemaker, wish.name);
  };

  test('copies its inputs, runs the container once, and stores what it wrote', async () => {
    const { ProcessingJobArn } = await box.sagemaker.createProcessingJob(
      processingInput({ name: 'Copy', from: 'in', env: { MESSAGE: 'well done' } })
    );
    expect(ProcessingJobArn).toBe(`${ARN}/copy`);
    const job = await processed(box.sagemaker, 'Copy');
    expect(job).toMatchObject({ ProcessingJobStatus: 'Completed', ExitMessage: 'well done' });
    expect(job.ProcessingStartTime?.getTime()).toBeGreaterThanOrEqual(job.CreationTime?.getTime() ?? Infinity);
    expect(job.ProcessingEndTime?.getTime()).toBeGreaterThanOrEqual(job.ProcessingStartTime?.getTime() ?? Infinity);
    expect(await below(box.s3, 'out/Copy/')).toEqual({
      'a.csv': 'a\nby algo-1',
      'b.csv': 'b\nby algo-1',
      'd.csv': 'd\nby algo-1',
      'sub/c.csv': 'c\nby algo-1',
    });
    const logs = await fetch(`${box.sandbox.url}/_sandbox/logs?endpoint=Copy`);
    expect(await logs.text()).toBe('started on algo-1\n');
  });

  test('shards its objects over the hosts, or gives all of them everything', async () => {
    const message = { MESSAGE: 'done' };
    const sharded = await run({ name: 'sharded', from: 'in/', count: 3, shards: 'ShardedByS3Key', env: message });
    expect(sharded.ExitMessage).toBe('donedonedone');
    expect(await below(box.s3, 'out/sharded/')).toEqual({
      'a.csv': 'a\nby algo-1',
      'b.csv': 'b\nby algo-2',
      'd.csv': 'd\nby algo-3',
      'sub/c.csv': 'c\nby algo-1',
    });
    await run({ name: 'replicated', from: 'in/a.csv', count: 2 });
    expect(Object.keys(await below(box.s3, 'out/replicated/'))).toEqual(['a.csv']);
  });

  test('the container is told what SageMaker tells it, at the place that stands for /opt/ml', async () => {
    process.env['AWS_PROFILE'] = 'mine';
    await run({
      name: 'told',
      from: 'in/a.csv',
      count: 2,
      env: { TELL: '1', WHERE: '/opt/ml/processing/input', PLAIN: 'x/opt/ml' },
      arguments: ['--input', '/opt/ml/processing/input', '--n', '1'],
    });
    const files = await below(box.s3, 'out/told/');
    // Links are not followed.
    expect(Object.keys(files)).toEqual(['a.csv', 'told-algo-1.json', 'told-algo-2.json']);
    const told = JSON.parse(files['told-algo-2.json'] ?? '');
    const base: string = told.env.SAGEMAKER_BASE_DIR;
    expect(told).toMatchObject({
      arguments: ['--input', `${base}/processing/input`, '--n', '1'],
      env: { WHERE: `${base}/processing/input`, PLAIN: 'x/opt/ml' },
      hosts: ['algo-1', 'algo-2'],
      job: {
        ProcessingJobName: 'told',
        ProcessingJobArn: `${ARN}/told`,
        AppSpecification: { ImageUri: 'job:1', ContainerEntrypoint: null },
        Environment: { WHERE: '/opt/ml/processing/input' },
        ProcessingInputs: [{ InputName: 'data', S3Input: { LocalPath: '/opt/ml/processing/input' } }],
        ProcessingResources: { ClusterConfig: { InstanceCount: 2 } },
        StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
      },
    });
    // It may call AWS with the rights of its job, and that is this sandbox: never with what the machine's own user has.
    expect(told.env).toMatchObject(box.sandbox.env);
    expect(Object.keys(told.env)).not.toContain('AWS_PROFILE');
  });

  test('an entrypoint of its own takes the place of the image’s', async () => {
    const script = `require('fs').writeFileSync(process.argv[1] + '/own', process.argv.slice(2).join())`;
    await run({
      name: 'own',
      entrypoint: [process.execPath, '-e', script, '/opt/ml/processing/output'],
      arguments: ['a', 'b'],
    });
    expect(await below(box.s3, 'out/own/')).toEqual({ own: 'a,b' });
  });

  test('fails with the container’s exit code, keeps its message, and stores nothing that waits for the end', async () => {
    expect(await run({ name: 'failing', from: 'in/a.csv', env: { EXIT: '3', MESSAGE: 'no disk' } })).toMatchObject({
      ProcessingJobStatus: 'Failed',
      ExitMessage: 'no disk',
      FailureReason: expect.stringMatching(
        /^AlgorithmError: See job logs for more information, exit code: 3 \(Sandbox: .*started on algo-1/
      ),
    });
    expect(await below(box.s3, 'out/failing/')).toEqual({});
    // One host that fails is enough, and the others are ended.
    const until = path.join(box.sandbox.dataDir, 'never');
    const one = await run({ name: 'one-fails', count: 2, env: { FAIL_ON: 'algo-2', UNTIL: until } });
    expect(one).toMatchObject({
      ProcessingJobStatus: 'Failed',
      FailureReason: expect.stringContaining('exit code: 1'),
    });
  });

  test.each([
    [
      'no objects',
      { from: 'none/' },
      /^ClientError: Data download failed:No S3 objects found under S3 URL "s3:\/\/data\/none\/"/,
    ],
    ['an image that is missing', { image: 'gone:1' }, /^ClientError: Requested image gone:1 not found/],
    ['a message that is no text', { env: { MESSAGE: '/w==', MESSAGE_BASE64: '1' } }, /^ClientError: .*UTF-8/],
    ['an entrypoint that is missing', { entrypoint: ['no-such-program'] }, /exit code: 127/],
  ])('fails for %s', async (title, wish, reason) => {
    expect(await run({ name: title.replaceAll(' ', '-'), ...wish })).toMatchObject({
      ProcessingJobStatus: 'Failed',
      FailureReason: expect.stringMatching(reason),
    });
  });

  test('a continuous output is stored while the container runs', async () => {
    const end = path.join(box.sandbox.dataDir, 'continue-end');
    await box.sagemaker.createProcessingJob(
      processingInput({ name: 'continuous', from: 'in/a.csv', upload: 'Continuous', env: { UNTIL: end } })
    );
    await until(async () => 'a.csv' in (await below(box.s3, 'out/continuous/')));
    const { ProcessingJobStatus } = await box.sagemaker.describeProcessingJob({ ProcessingJobName: 'continuous' });
    expect(ProcessingJobStatus).toBe('InProgress');
    writeFileSync(end, '');
    expect(await processed(box.sagemaker, 'continuous')).toMatchObject({ ProcessingJobStatus: 'Completed' });
  });

  test('can be stopped: SIGTERM first, SIGKILL for the one that does not listen', async () => {
    const never = path.join(box.sandbox.dataDir, 'never');
    for (const [name, env] of Object.entries({ polite: { MESSAGE: 'x' }, deaf: { DEAF: '1' } })) {
      await box.sagemaker.createProcessingJob(processingInput({ name, env: { ...env, UNTIL: never } }));
      await until(async () =>
        (await (await fetch(`${box.sandbox.url}/_sandbox/logs?endpoint=${name}`)).text()).includes('started')
      );
      await box.sagemaker.stopProcessingJob({ ProcessingJobName: name });
      expect(await processed(box.sagemaker, name)).toMatchObject({
        ProcessingJobStatus: 'Stopped',
        ...(name === 'polite' ? { ExitMessage: 'ended by SIGTERM' } : {}),
      });
      expect(await below(box.s3, `out/${name}/`)).toEqual({});
    }
    expect(await errorOf(box.sagemaker.stopProcessingJob({ ProcessingJobName: 'deaf' }))).toMatchObject({
      name: 'ValidationException',
    });
  });

  test('what it uses is published under its host, and shown while it runs', async () => {
    const end = path.join(box.sandbox.dataDir, 'measured-end');
    await box.sagemaker.createProcessingJob(processingInput({ name: 'measured', env: { UNTIL: end } }));
    const state = await until(async () => {
      const { jobs } = (await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json()) as { jobs: { name: string; instances: object[] }[] }; // prettier-ignore
      return jobs.find(
        ({ name, instances }) => name === 'measured' && JSON.stringify(instances).includes('[{"id":"algo-1","pids":[')
      );
    });
    expect(state).toMatchObject({ kind: 'processing', instances: [{ id: 'algo-1' }] });
    const names = await until(async () => {
      await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
      const { Metrics = [] } = await box.cloudWatch.listMetrics({ Namespace: '/aws/sagemaker/ProcessingJobs' });
      const own = Metrics.filter(({ Dimensions }) => Dimensions?.[0]?.Value === 'measured/algo-1');
      return (process.platform !== 'linux' || own.length === 3) && own.map(({ MetricName }) => MetricName).sort();
    });
    if (process.platform === 'linux') expect(names).toEqual(['CPUUtilization', 'DiskUtilization', 'MemoryUtilization']);
    writeFileSync(end, '');
    expect(await processed(box.sagemaker, 'measured')).toMatchObject({ ProcessingJobStatus: 'Completed' });
  });

  test('is stopped when it has run for as long as it may', async () => {
    const never = path.join(box.sandbox.dataDir, 'never');
    await box.sagemaker.createProcessingJob(
      processingInput({ name: 'long', maxSeconds: 86_400, env: { UNTIL: never } })
    );
    await until(async () =>
      (await (await fetch(`${box.sandbox.url}/_sandbox/logs?endpoint=long`)).text()).includes('started')
    );
    box.sandbox.clock.advance(86_400_000);
    const job = await processed(box.sagemaker, 'long');
    expect([job.ProcessingJobStatus, job.FailureReason]).toEqual(['Stopped', undefined]);
  });

  test('is listed, tagged, deleted, and refused in SageMaker’s words', async () => {
    await run({ name: 'listed', Tags: [{ Key: 'team', Value: 'reviews' }] });
    const { Tags } = await box.sagemaker.listTags({ ResourceArn: `${ARN}/listed` });
    expect(Tags).toEqual([{ Key: 'team', Value: 'reviews' }]);
    const { ProcessingJobSummaries = [] } = await box.sagemaker.listProcessingJobs({
      NameContains: 'liste',
      StatusEquals: 'Completed',
    });
    expect(ProcessingJobSummaries.map((job) => job.ProcessingJobName)).toEqual(['listed']);
    expect(await errorOf(box.sagemaker.createProcessingJob(processingInput({ name: 'listed' })))).toMatchObject({
      name: 'ResourceInUse',
      message: `Job name must be unique within an AWS account and region, and a job with this name already exists (${ARN}/listed)`,
    });
    expect(await errorOf(box.sagemaker.describeProcessingJob({ ProcessingJobName: 'none' }))).toMatchObject({
      name: 'ValidationException',
      message: 'Could not find requested job with name: none',
    });
    const outside = processingInput({ name: 'outside', from: 'in/' });
    const [input] = outside.ProcessingInputs ?? [];
    if (input?.S3Input) input.S3Input.LocalPath = '/etc/input';
    expect(await errorOf(box.sagemaker.createProcessingJob(outside))).toMatchObject({
      message: 'LocalPath /etc/input of the input data must begin with /opt/ml/processing/.',
    });
    const many = processingInput({ name: 'many', count: 21 });
    expect(await errorOf(box.sagemaker.createProcessingJob(many))).toMatchObject({
      name: 'ResourceLimitExceeded',
      message: expect.stringContaining(`'ml.m5.large for processing job usage' is 20 Instances`),
    });
  });

  test('fault rules strike it', async () => {
    box.sandbox.faults.set([
      { id: 'fails', match: { resource: 'doomed' }, then: { fault: 'failJob' } },
      { id: 'none', match: { resource: 'poor' }, then: { fault: 'insufficientCapacity' } },
      { id: 'dies', match: { resource: 'killed' }, then: { fault: 'crash', at: 'start' } },
      { id: 'slow', match: { resource: 'stuck' }, then: { fault: 'stuck', status: 'InProgress' } },
    ]);
    const reasons = await Promise.all(
      ['doomed', 'poor', 'killed'].map(async (name) => (await run({ name })).FailureReason)
    );
    expect(reasons).toEqual([
      expect.stringMatching(/^InternalServerError/),
      expect.stringMatching(/^CapacityError/),
      expect.stringContaining('exit code: 137'),
    ]);
    await box.sagemaker.createProcessingJob(processingInput({ name: 'stuck' }));
    await until(() => box.sandbox.faults.list().find(({ id }) => id === 'slow')?.hits === 1);
    const { ProcessingJobStatus } = await box.sagemaker.describeProcessingJob({ ProcessingJobName: 'stuck' });
    expect(ProcessingJobStatus).toBe('InProgress');
    box.sandbox.faults.clear();
    expect(await processed(box.sagemaker, 'stuck')).toMatchObject({ ProcessingJobStatus: 'Completed' });
  });
});
