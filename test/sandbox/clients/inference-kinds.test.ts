import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPython, runPython } from '../../support/boto3';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';

const python = findPython('boto3', 'awscli');

(python === undefined ? describe.skip : describe)('boto3 and the AWS CLI', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  test('use asynchronous, streaming and serverless endpoints, and every answer keeps to botocore’s model', async () => {
    const seen = await runPython(python ?? '', 'import inference_kinds', { AWS_ENDPOINT_URL: box.sandbox.url });
    expect(seen).toEqual({
      described: 's3://outputs/good',
      answered: [202, 'hello'],
      failed: 'failed with 500',
      notified: [true, true],
      synchronous: 'ValidationError',
      streamed: ['abc', 'text/event-stream'],
      cut: [['a'], 'ModelStreamError'],
      serverless: [{ MemorySizeInMB: 1024, MaxConcurrency: 5 }, 'x'],
      checked: [
        'sagemaker-runtime.InvokeEndpoint',
        'sagemaker-runtime.InvokeEndpointAsync',
        'sagemaker-runtime.InvokeEndpointWithResponseStream',
      ],
      violations: [],
      cli: [0, 'cli', 'hello'],
    });
  });
});
