import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEndpoint, startTestSandbox } from '../support/sandbox/harness';
import type { TestSandbox } from '../support/sandbox/harness';
import { forkSource, untilEnd } from '../support/processes';

let box: TestSandbox;
beforeAll(async () => {
  box = await startTestSandbox();
  await createEndpoint(box.sagemaker, { name: 'theirs', variants: [{ name: 'AllTraffic' }] });
  await createEndpoint(box.sagemaker, { name: 'split', variants: [{ name: 'a' }, { name: 'b' }] });
});
afterAll(() => box.stop());

/** The command as a process of its own: its AWS client reads the environment. */
async function adopt(...args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = forkSource('test/scripts/sluice-process.ts', {
    args: ['adopt', ...args],
    env: { ...box.sandbox.env, AWS_ENDPOINT_URL: box.sandbox.url },
  });
  const { code, output } = await untilEnd(child);
  return { code, text: output };
}

async function tagsOf(name: string): Promise<unknown> {
  const { EndpointArn } = await box.sagemaker.describeEndpoint({ EndpointName: name });
  return (await box.sagemaker.listTags({ ResourceArn: EndpointArn })).Tags;
}

describe('sluice adopt', () => {
  test('says what would change and changes nothing until it is told yes; then marks the endpoint, once', async () => {
    const asked = await adopt('theirs');
    expect(asked.code).toBe(0);
    expect(asked.text).toMatch(/Nothing was changed\. To adopt it: sluice adopt theirs --yes/);
    expect(await tagsOf('theirs')).toEqual([]);
    const shown = await adopt('theirs', '--dry-run');
    expect(shown.text).toMatch(/variant AllTraffic is the incumbent and keeps its name/);
    expect(await tagsOf('theirs')).toEqual([]);
    const done = await adopt('theirs', '--yes', '--json');
    expect(JSON.parse(done.text)).toMatchObject({ adopted: true, isOurs: false });
    expect(await tagsOf('theirs')).toEqual([{ Key: 'sluice:endpoint', Value: 'theirs' }]);
    expect((await adopt('theirs', '--yes')).text).toMatch(/may change theirs already/);
  });

  test('refuses what has no single incumbent, and says what to do', async () => {
    const { code, text } = await adopt('split', '--yes');
    expect(code).toBe(2);
    expect(text).toMatch(/serves 2 variants \(a, b\): bring it back to one/);
    expect(await tagsOf('split')).toEqual([]);
  });

  test('says that there is no such endpoint', async () => {
    expect(await adopt('nowhere')).toMatchObject({ code: 2, text: expect.stringMatching(/no endpoint nowhere/) });
  });
});
