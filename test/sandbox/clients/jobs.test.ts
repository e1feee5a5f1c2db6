import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findPython, runPython } from '../../support/boto3';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';
import { JOB_IMAGES } from '../../support/sandbox/jobs';

const python = findPython('boto3', 'awscli');
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';

(python === undefined ? describe.skip : describe)('jobs and monitoring', () => {
  let box: TestSandbox;

  beforeEach(async () => void (box = await startTestSandbox({ images: JOB_IMAGES })));
  afterEach(() => box.stop());

  const run = (script: string) => runPython(python ?? '', `import ${script}`, { AWS_ENDPOINT_URL: box.sandbox.url });
  const none = (name: string) => ['ValidationException', `Could not find requested job with name: ${name}`];

  test('through boto3, and every answer keeps to botocore’s model', async () => {
    expect(await run('boto3_jobs')).toEqual({
      again: [
        'ResourceInUse',
        'Job name must be unique within an AWS account and region, and a job with this name already exists',
      ],
      transformed: ['Completed', { 'a.csv.out': 'a,A\nb,B\n', 'b.csv.out': 'c,C\n' }],
      bad: 'ClientError: See job logs for more information',
      missing: none('none'),
      ended: 'ValidationException',
      transforms: ['bad', 't'],
      processed: ['well', ['a.csv', 'b.csv']],
      stopped: 'Stopped',
      processings: ['p', 'stopping'],
      definitions: ['data-quality', 'model-quality', 'model-bias', 'model-explainability'].map((kind) => [
        `${kind}-job-definition/d`,
        1,
      ]),
      runs: [
        ['Completed', null],
        ['Failed', 'Job inputs had no data'],
      ],
      stopped_schedule: 'Stopped',
      schedules: ['s'],
      in_use: 'ValidationException',
      gone: [['ResourceNotFound', `Monitoring Schedule ${ARN}:monitoring-schedule/s not found`], 'ResourceNotFound'],
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });

  test('through the AWS CLI, and every answer keeps to botocore’s model', async () => {
    expect(await run('awscli_jobs')).toEqual({
      transformed: ['Completed', '1,A\n1,B\n'],
      missing: expect.stringContaining('(ValidationException)'),
      processed: [['p', 'well']],
      deleted: expect.stringContaining('(ValidationException)'),
      runs: [['Failed', 'Job inputs had no data']],
      left: [[], []],
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });
});
