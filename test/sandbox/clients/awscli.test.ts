import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPython, runPython } from '../../support/boto3';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';

const python = findPython('awscli');

(python === undefined ? describe.skip : describe)('the AWS CLI', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox();
  });
  afterAll(() => box.stop());

  test('takes an endpoint through its whole life, and every answer keeps to botocore’s model', async () => {
    const seen = await runPython(python ?? '', 'import awscli_journey', { AWS_ENDPOINT_URL: box.sandbox.url });
    const first = ['InService', 'one', [['v0', 0, 1], ['v1', 1, 2]]]; // prettier-ignore
    expect(seen).toEqual({
      who: '123456789012',
      copied: ['kept', 'note.txt'],
      created: [
        ['InService', 'one', [['v0', 1, 1], ['v1', 1, 1]]], // prettier-ignore
        ['v1', 'b'],
        [expect.any(Number), expect.stringContaining('(ValidationError)')],
      ],
      shifted: [first, ['v1', 'b']],
      update: 0,
      refused: expect.stringContaining('(ValidationException)'),
      rolled_back: [first, 'ALARM', ['v0', 'a']],
      updated: [
        ['InService', 'three', expect.anything()],
        ['v0', 'b'],
      ],
      listed: ['a', 'b', 'bad'],
      deleted: [expect.any(Number), [expect.any(Number), expect.stringContaining('(ValidationError)')]],
      unimplemented: expect.stringContaining('(UnknownOperationException)'),
      checked: [expect.any(Number), expect.any(Number)],
      violations: [],
    });
  });
});
