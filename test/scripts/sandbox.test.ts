import { SageMaker } from '@aws-sdk/client-sagemaker';
import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { recordingOutput, run } from './run-main';
import { until } from './until';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-sandbox-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the verb until `use` has done with it. Returns what it printed and its exit code. */
async function whileItRuns(
  words: readonly string[],
  use: (url: string) => Promise<void>
): Promise<{ readonly code: number; readonly out: string }> {
  const stop = new AbortController();
  const out = recordingOutput();
  const running = run(['sandbox', ...words], { cwd: folder, stop: stop.signal, out });
  const url = /http:\/\/127\.0\.0\.1:\d+/;
  try {
    await until(
      () => out.text(),
      (text) => text.endsWith(words.includes('--json') ? '}\n' : 'stops it.\n')
    );
    await use(url.exec(out.text())?.[0] ?? '');
  } finally {
    stop.abort();
  }
  return { code: (await running).code, out: out.text() };
}

async function withSageMaker<T>(url: string, use: (sagemaker: SageMaker) => Promise<T>): Promise<T> {
  const sagemaker = new SageMaker({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  try {
    return await use(sagemaker);
  } finally {
    sagemaker.destroy();
  }
}

describe('sluice sandbox', () => {
  test('prints its address and the lines that point any AWS client at it', async () => {
    const { code, out } = await whileItRuns([], (url) =>
      withSageMaker(url, async (sagemaker) => expect((await sagemaker.listModels({})).Models).toEqual([]))
    );
    expect(code).toBe(0);
    const url = /http:\S+:\d+/.exec(out)?.[0];
    expect(out).toContain(`SageMaker sandbox at ${url}, state in /`);
    expect(out.match(/^ {2}export \w+=\S+$/gm)).toEqual([
      `  export AWS_ENDPOINT_URL=${url}`,
      '  export AWS_REGION=us-east-1',
      '  export AWS_DEFAULT_REGION=us-east-1',
      '  export AWS_ACCESS_KEY_ID=sandbox',
      '  export AWS_SECRET_ACCESS_KEY=sandbox',
      '  export AWS_EC2_METADATA_DISABLED=true',
    ]);
  });

  test('does what --knobs says where AWS does not, and tells every mistake in the file', async () => {
    const file = path.join(folder, 'knobs.yaml');
    writeFileSync(file, 'knobs:\n  texts: [{ match: "^Could not find model .*", text: "No such model." }]\n');
    await whileItRuns(['--knobs', 'knobs.yaml', '--json'], (url) =>
      withSageMaker(url, async (sagemaker) => {
        await expect(sagemaker.describeModel({ ModelName: 'ghost' })).rejects.toThrow('No such model.');
      })
    );
    writeFileSync(file, 'knobs: { provisionMs: -1, missingAlarms: ignored }\n');
    const { code, err } = await run(['sandbox', '--knobs', 'knobs.yaml'], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain('missingAlarms: no such knob; nearest: missingAlarm');
    expect(err).toContain('provisionMs: expected a number of 0 or more, not -1');
  });

  test('keeps its state where --data says, and forgets it without', async () => {
    const createModel = (url: string) =>
      withSageMaker(url, (sagemaker) =>
        sagemaker.createModel({ ModelName: 'kept', PrimaryContainer: { Image: 'product-reviews:1' } })
      );
    await whileItRuns(['--data', 'state', '--json'], async (url) => void (await createModel(url)));
    expect(existsSync(path.join(folder, 'state'))).toBe(true);
    await whileItRuns(['--data', 'state', '--json'], (url) =>
      withSageMaker(url, async (sagemaker) => expect((await sagemaker.listModels({})).Models).toHaveLength(1))
    );
    const { out } = await whileItRuns([], async (url) => void (await createModel(url)));
    expect(existsSync(/state in (\S+)/.exec(out)?.[1] ?? folder)).toBe(false);
  });

  test('makes go wrong what --faults says', async () => {
    const rules = {
      faults: [{ id: 'busy', match: { service: 'sagemaker', operation: 'ListModels' }, then: { fault: 'throttle' } }],
    };
    writeFileSync(path.join(folder, 'faults.yaml'), JSON.stringify(rules));
    await whileItRuns(['--faults', 'faults.yaml', '--seed', '7', '--json'], (url) =>
      withSageMaker(url, async (sagemaker) => {
        await expect(sagemaker.listModels({})).rejects.toMatchObject({ name: 'ThrottlingException' });
        expect((await sagemaker.listEndpoints({})).Endpoints).toEqual([]);
      })
    );
  });

  test.each([
    [['--faults', 'nowhere.yaml'], 'cannot read'],
    [['--images', 'nowhere.yaml'], 'cannot read'],
    [['--faults', 'wrong.yaml'], 'wrong.yaml'],
    [['--seed', 'often'], 'whole number'],
    [['--speed', '0'], 'above 0'],
    [['--port', '70000'], '65535'],
  ])('%j is a mistake of the user, said before anything starts', async (words, message) => {
    writeFileSync(path.join(folder, 'wrong.yaml'), 'faults: [{ then: { fault: meteor } }]\n');
    const { code, out, err } = await run(['sandbox', ...words], { cwd: folder });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toMatch(/^ {4}at /m);
  });

  test('explains each option and gives examples', async () => {
    const { code, out } = await run(['sandbox', '--help']);
    expect(code).toBe(0);
    for (const option of ['--port', '--data', '--speed', '--seed', '--images', '--faults', '--json'])
      expect(out).toMatch(new RegExp(`^  ${option} .*\\w`, 'm'));
    expect(out).toContain('Examples:');
  });
});
