import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPython, runPython } from '../../support/boto3';
import { startMoto } from '../../support/moto';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox } from '../../support/sandbox/harness';

const python = findPython('boto3', 'moto');

(python === undefined ? describe.skip : describe)('the same calls to moto', () => {
  let box: TestSandbox;
  let moto: Awaited<ReturnType<typeof startMoto>>;

  beforeAll(async () => {
    [box, moto] = await Promise.all([startTestSandbox(), startMoto(python ?? '')]);
  });
  afterAll(async () => {
    await Promise.all([box.stop(), moto.stop()]);
  });

  test('are answered alike, where moto answers as AWS does', async () => {
    const [ours, theirs] = await Promise.all(
      [box.sandbox.url, moto.url].map((url) =>
        runPython(python ?? '', 'import differential', { AWS_ENDPOINT_URL: url })
      )
    );
    expect(Object.keys(Object(theirs)).length).toBeGreaterThan(40);
    expect(ours).toEqual(theirs);
  });
});
