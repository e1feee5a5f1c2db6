import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer } from '../../../sandbox/http/server';
import type { Service } from '../../../sandbox/http/service';
import { findPython, runPython } from '../../support/boto3';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';

const python = findPython('boto3');
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/journey';

(python === undefined ? describe.skip : describe)('boto3', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox();
  });
  afterAll(() => box.stop());

  test('takes an endpoint through its whole life, and every answer keeps to botocore’s model', async () => {
    const seen = await runPython(python ?? '', 'import boto3_journey', { AWS_ENDPOINT_URL: box.sandbox.url });
    expect(seen).toEqual({
      again: ['ValidationException', `Cannot create already existing endpoint "${ARN}".`],
      created: ['InService', 'first', { a: [3, 1], b: [1, 1] }],
      tags: [{ Key: 'stage', Value: 'live' }],
      invoked: [
        ['a', 'a'],
        ['b', 'b'],
      ],
      unknown: [
        ['ValidationError', 'Endpoint none of account 123456789012 not found.'],
        ['ValidationError', null],
      ],
      shifted: [['InService', 'first', { a: [0, 1], b: [1, 1] }], ['b']],
      stranger: [
        'ValidationException',
        'The variant name(s) "z" is/are not present within endpoint configuration "first".',
      ],
      meanwhile: ['ValidationException', `Cannot update in-progress endpoint "${ARN}".`],
      pending: ['bad', ['Baking', 'Baking']],
      rolled_back: [['InService', 'first', { a: [0, 1], b: [1, 1] }], true, 'ALARM', 'b'],
      updated: [['InService', 'good', { a: [1, 1], b: [1, 1] }], ['good', expect.stringMatching(/^[ab]$/)], false],
      scaled: ['InService', 'good', { a: [1, 3], b: [1, 1] }],
      autoscaled: [['Successful', 'Setting desired instance count to 2.']],
      policies: [2],
      targets: [4],
      captured: ['b'],
      metrics: ['Invocation5XXErrors', 'Invocations', 'ModelLatency', 'OverheadLatency'],
      counted: true,
      listed: [['a', 'b', 'bad', 'good'], ['bad', 'first', 'good'], ['journey']],
      deleted: [['ValidationException', `Could not find endpoint "${ARN}".`], 'ValidationError'],
      waiter: expect.stringContaining('Waiter EndpointInService failed'),
      left: [0, 0, 0],
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });

  test('the check of answers notices what the model does not allow', async () => {
    const broken: Service = {
      name: 'sagemaker',
      handle: async () => ({
        status: 200,
        headers: {},
        body: JSON.stringify({
          Endpoints: [
            { EndpointName: 'a_b', EndpointStatus: 'Fine', CreationTime: 0, Mood: 1, LastModifiedTime: null },
          ],
          NextToken: 7,
        }),
      }),
    };
    const services = { control: broken, sagemaker: broken, runtime: broken };
    const options = { port: 0, region: 'us-east-1', services, now: () => 0, onInternalError: () => undefined };
    const server = await startServer(options);
    const script = `
import boto3, json
from model_check import Answers
session = boto3.Session()
answers = Answers(session._session)
session.client('sagemaker').list_endpoints()
print(json.dumps(answers.violations))`;
    const violations = await runPython(python ?? '', script, { AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}` });
    await server.close(1_000);
    const at = 'sagemaker.ListEndpoints';
    expect(violations).toEqual([
      `${at}.Endpoints[0].EndpointArn: required and missing`,
      `${at}.Endpoints[0].LastModifiedTime: required and missing`,
      expect.stringContaining(`${at}.Endpoints[0].EndpointName: 'a_b' does not match`),
      expect.stringContaining(`${at}.Endpoints[0].EndpointStatus: 'Fine' is none of`),
      `${at}.NextToken: int instead of string`,
      `${at}.Endpoints[0].Mood: not in the model`,
      `${at}.Endpoints[0].LastModifiedTime: null on the wire`,
    ]);
  });
});
