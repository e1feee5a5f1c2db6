import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../support/sandbox/harness';
import { startTestSandbox } from '../support/sandbox/harness';
import type { Answered } from '../support/sandbox/operations';
import { askEverything, SERVICES } from '../support/sandbox/operations';
import { readOperations } from '../support/sandbox/operations-table';

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'sandbox.md');

describe('every operation of every service', () => {
  let box: TestSandbox;
  let answers: readonly Answered[];

  beforeAll(async () => {
    box = await startTestSandbox();
    answers = await askEverything(box.sandbox.url);
  });
  afterAll(() => box.stop());

  test('is served, or refused by its name with an error that AWS’s clients can read', () => {
    expect(answers.filter(({ status }) => status >= 500 && status !== 501)).toEqual([]);
    const vague = answers.filter(
      ({ standing, status, code, message }) =>
        standing === 'implemented' &&
        (status === 501 || /implement/.test(message) || code.startsWith('UnknownOperation'))
    );
    expect(vague).toEqual([]);
    for (const { standing, status, code, message, operation } of answers) {
      if (standing === 'implemented') continue;
      expect({ operation, status: status >= 400, code, message }).toEqual({
        operation,
        status: true,
        code: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
        message: expect.stringMatching(
          new RegExp(`\\b${operation}\\b.*not implemented|not implement.*\\b${operation}\\b`)
        ),
      });
    }
  });

  test('of SageMaker can be throttled by its name', async () => {
    const [{ title, ask } = { title: '', ask: undefined }] = SERVICES;
    const served = answers.filter(({ service, standing }) => service === title && standing === 'implemented');
    for (const { operation } of served) {
      box.sandbox.faults.set([{ id: 'busy', match: { service: 'sagemaker', operation }, then: { fault: 'throttle' } }]);
      const said = await ask?.(box.sandbox.url, operation);
      expect({ operation, code: said?.code, message: said?.message }).toEqual({
        operation,
        code: 'ThrottlingException',
        message: 'Rate exceeded',
      });
      expect(box.sandbox.faults.list()).toMatchObject([{ hits: 1 }]);
    }
    box.sandbox.faults.clear();
    expect(served.length).toBeGreaterThan(30);
  });

  test.each(SERVICES.map(({ title }) => title))('of %s stands in docs/sandbox.md as it is served', (title) => {
    const documented = readOperations(readFileSync(DOCUMENT, 'utf8'), title);
    const served = answers
      .filter(({ service }) => service === title)
      .map(({ operation, standing }) => [operation, standing]);
    // Stale? `node tools/sandbox-operations.mjs` writes the table anew.
    expect(documented).toEqual(served);
    expect(served.filter(([, standing]) => standing === 'implemented').length).toBeGreaterThan(0);
  });
});
