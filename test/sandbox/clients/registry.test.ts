import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPython, runPython } from '../../support/boto3';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';

const python = findPython('boto3', 'awscli');
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';

(python === undefined ? describe.skip : describe)('the model registry and a shadow test', () => {
  let box: TestSandbox;

  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  test('through boto3, and every answer keeps to botocore’s model', async () => {
    const seen = await runPython(python ?? '', 'import boto3_registry', { AWS_ENDPOINT_URL: box.sandbox.url });
    expect(seen).toEqual({
      policy: ['ValidationException', true, true],
      arns: [`${ARN}:model-package/reviews/1`, `${ARN}:model-package/reviews/2`],
      described: {
        ModelPackageVersion: 2,
        ModelApprovalStatus: 'Approved',
        ApprovalDescription: 'better',
        ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
      },
      listed: [
        [1, 'PendingManualApproval'],
        [2, 'Approved'],
      ],
      groups: ['reviews'],
      batch: [2, ['ValidationException']],
      refused: 'ValidationException',
      shadow: [['dark', 0.2]],
      answer: 'v1',
      conflicts: ['ConflictException', 'ConflictException', 'ResourceInUse', 'ResourceNotFound'],
      over: ['Completed', 'c'],
      experiments: ['Completed'],
      full: 'ConflictException',
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });

  test('through the AWS CLI', async () => {
    const clean = await startTestSandbox();
    const seen = await runPython(python ?? '', 'import awscli_registry', { AWS_ENDPOINT_URL: clean.sandbox.url });
    await clean.stop();
    expect(seen).toEqual({
      group: `${ARN}:model-package-group/reviews`,
      refused: expect.stringContaining('(ValidationException)'),
      described: ['Approved', 'good', 'a1'],
      listed: [1],
      batch: ['Approved'],
      groups: ['reviews'],
      experiment: `${ARN}:inference-experiment/x`,
      running: [
        ['live', 'InService'],
        ['dark', 'InService'],
      ],
      conflict: [expect.stringContaining('(ResourceInUse)'), expect.stringContaining('(ConflictException)')],
      stopped: ['Completed', 'better', 'half'],
      promoted: ['dark'],
      answer: 'packaged',
      experiments: [['x', 'Completed']],
      gone: [expect.stringContaining('(ResourceNotFound)'), expect.stringContaining('(ConflictException)')],
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });
});
