import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreateTrainingJobCommandInput, DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, ROLE, startTestSandbox, until } from '../../support/sandbox/harness';
import { JOB_IMAGES, put } from '../../support/sandbox/jobs';

type Wish = Partial<CreateTrainingJobCommandInput> & { readonly TrainingJobName: string };

/** A training job of the channel `data`, which is `s3://data/in`. */
function trainingInput(wish: Wish): CreateTrainingJobCommandInput {
  return {
    RoleArn: ROLE,
    AlgorithmSpecification: { TrainingImage: 'trainer:1', TrainingInputMode: 'File' },
    HyperParameters: { WRONG: '0.25' },
    InputDataConfig: [
      { ChannelName: 'data', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://data/in' } } },
    ],
    OutputDataConfig: { S3OutputPath: 's3://data/models/' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    ...wish,
  };
}

describe('a training job', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES, knobs: { minStartupWindowMs: 100 } });
    await box.s3.createBucket({ Bucket: 'data' });
    await put(box.s3, { 'in/a.csv': 'a\nb\n', 'in/sub/c.csv': 'c\n' });
    await box.s3.deleteObject({ Bucket: 'data', Key: 'in/sub/c.csv' });
  });
  afterAll(() => box.stop());

  const ended = (TrainingJobName: string): Promise<DescribeTrainingJobCommandOutput> =>
    until(async () => {
      const job = await box.sagemaker.describeTrainingJob({ TrainingJobName });
      return !['InProgress', 'Stopping'].includes(job.TrainingJobStatus ?? '') && job;
    });
  const run = async (wish: Wish) => {
    await box.sagemaker.createTrainingJob(trainingInput(wish));
    return ended(wish.TrainingJobName);
  };
  const unpacked = async (Key: string): Promise<string> => {
    const { Body } = await box.s3.getObject({ Bucket: 'data', Key });
    return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString('latin1');
  };

  test('is told its hyperparameters, channels and hosts, and what it leaves in /opt/ml/model is its artifact', async () => {
    const arn = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/first';
    const { TrainingJobArn } = await box.sagemaker.createTrainingJob(
      trainingInput({ TrainingJobName: 'First', Environment: { TELL: '1' }, Tags: [{ Key: 'team', Value: 'reviews' }] })
    );
    expect(TrainingJobArn).toBe(arn);
    expect((await box.sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([{ Key: 'team', Value: 'reviews' }]);
    expect(await ended('First')).toMatchObject({
      ...{ TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed', HyperParameters: { WRONG: '0.25' } },
      ModelArtifacts: { S3ModelArtifacts: 's3://data/models/First/output/model.tar.gz' },
    });
    expect(await unpacked('models/First/output/model.tar.gz')).toContain('{"wrong":0.25,"lines":2}');
    const text = await unpacked('models/First/output/output.tar.gz');
    const told: unknown = JSON.parse(text.slice(text.indexOf('{"config"'), text.lastIndexOf('}') + 1));
    expect(told).toMatchObject({
      config: [
        { WRONG: '0.25' },
        { data: { TrainingInputMode: 'File', S3DistributionType: 'FullyReplicated', RecordWrapperType: 'None' } },
        { current_host: 'algo-1', hosts: ['algo-1'], current_instance_type: 'ml.m5.large' },
      ],
      env: { TRAINING_JOB_NAME: 'First', TRAINING_JOB_ARN: arn },
      arguments: ['train'],
    });
  });

  test('that fails says what its container said, and leaves no model', async () => {
    const failed = await run({ TrainingJobName: 'bad', Environment: { EXIT: '3', MESSAGE: 'no labels' } });
    expect(failed).toMatchObject({
      TrainingJobStatus: 'Failed',
      FailureReason: 'AlgorithmError: no labels, exit code: 3',
    });
    const channel = { S3DataType: 'S3Prefix', S3Uri: 's3://data/none' } as const;
    const missing = await run({
      TrainingJobName: 'none',
      InputDataConfig: [{ ChannelName: 'data', DataSource: { S3DataSource: channel } }],
    });
    expect(missing.FailureReason).toMatch(/No S3 objects found under S3 URL "s3:\/\/data\/none"/);
    const { Contents = [] } = await box.s3.listObjectsV2({ Bucket: 'data', Prefix: 'models/' });
    expect(Contents.filter(({ Key = '' }) => /\/(bad|none)\//.test(Key))).toEqual([]);
  });

  test('that is stopped keeps what it has learned until then', async () => {
    const env = { UNTIL: path.join(box.sandbox.dataDir, 'never') };
    await box.sagemaker.createTrainingJob(trainingInput({ TrainingJobName: 'long', Environment: env }));
    const logs = `${box.sandbox.url}/_sandbox/logs?endpoint=long`;
    await until(async () => (await (await fetch(logs)).text()).includes('read 2 lines'));
    await box.sagemaker.stopTrainingJob({ TrainingJobName: 'long' });
    expect(await ended('long')).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(await unpacked('models/long/output/model.tar.gz')).toContain('"lines":2');
    const { TrainingJobSummaries } = await box.sagemaker.listTrainingJobs({ StatusEquals: 'Stopped' });
    expect(TrainingJobSummaries).toMatchObject([{ TrainingJobName: 'long' }]);
    expect(await errorOf(box.sagemaker.stopTrainingJob({ TrainingJobName: 'long' }))).toMatchObject({
      message: expect.stringContaining('is in status Stopped'),
    });
    writeFileSync(env.UNTIL, '');
  });

  test.each([
    ['a name that was used', { TrainingJobName: 'twice' }, 'ResourceInUse'],
    ['no image', { AlgorithmSpecification: { TrainingInputMode: 'File' as const } }, 'ValidationException'],
    [
      'a channel by pipe',
      { AlgorithmSpecification: { TrainingImage: 'trainer:1', TrainingInputMode: 'Pipe' as const } },
      'ValidationException',
    ],
    ['no role that AWS’s model takes', { RoleArn: 'me' }, 'ValidationException'],
  ])('%s is refused', async (_what, wish, code) => {
    if (code === 'ResourceInUse') await run({ TrainingJobName: 'twice' });
    const asked = box.sagemaker.createTrainingJob(trainingInput({ TrainingJobName: 'refused', ...wish }));
    expect(await errorOf(asked)).toMatchObject({ name: expect.stringContaining(code) });
  });
});
