import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readImageMap } from '../../../sandbox/image-map-file';
import { deployModel } from '../../support/sandbox/deploy-model';
import { startTestSandbox } from '../../support/sandbox/harness';
import { modelArchive } from '../../support/sandbox/train-linear';

/** The files that the page shows, by the name in their title: what users copy is what is tested. */
function filesOfThePage(): ReadonlyMap<string, string> {
  const page = readFileSync(path.join(__dirname, '../../../docs/sandbox-images.md'), 'utf8');
  const blocks = page.matchAll(/^```\w+ title=(\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = '', content = '']) => [name, content]));
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    console.warn('SKIPPED: a container in Python, because there is no python3 here.');
    return false;
  }
}

describe('images of the user’s own', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'own-images-'));
  const files = filesOfThePage();
  for (const [name, content] of files) writeFileSync(path.join(dir, name), content);
  const map = path.join(dir, 'sandbox.yaml');
  writeFileSync(map, "images:\n  'reviews:*': [python3, server.py]\n  '*/churn:2': { command: [sh, serve.sh] }\n");
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('the page shows a server in Python, a shell script and a server in JavaScript', () => {
    expect([...files.keys()].sort()).toEqual(['serve.sh', 'server.js', 'server.py']);
  });

  const withPython = hasPython() ? test : test.skip;
  withPython('a server in Python answers with the model that it was given', async () => {
    const box = await startTestSandbox({ images: readImageMap(map) });
    try {
      const archive = await modelArchive({ 'model.json': JSON.stringify({ good: 2, bad: -3 }) });
      const image = '123456789012.dkr.ecr.us-east-1.amazonaws.com/reviews:8';
      await deployModel(box, { name: 'python', image, archive });
      const answers = [];
      for (const text of ['good good sound', 'a bad cable'])
        answers.push(
          await box.runtime.invokeEndpoint({
            EndpointName: 'python',
            ContentType: 'application/json',
            Body: JSON.stringify({ text }),
          })
        );
      expect(answers.map(({ Body }) => JSON.parse(Body.transformToString()))).toEqual([
        { label: 'positive', score: 4 },
        { label: 'negative', score: -3 },
      ]);
    } finally {
      await box.stop();
    }
  });

  test('a shell script prepares a server in JavaScript and hands over to it', async () => {
    const box = await startTestSandbox({ images: readImageMap(map) });
    try {
      const archive = await modelArchive({ 'greeting.txt': 'Good morning\nand good night\n' });
      const { EndpointStatus } = await deployModel(box, { name: 'shell', image: 'team/churn:2', archive });
      expect(EndpointStatus).toBe('InService');
      const { Body } = await box.runtime.invokeEndpoint({ EndpointName: 'shell', Body: 'Ana' });
      expect(Body.transformToString()).toBe('Good morning, Ana');
    } finally {
      await box.stop();
    }
  });
});
