import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { readGuardsFile } from '../../spec/read-guards';
import { readTrace } from '../../spec/trace';

const page = readFileSync(path.resolve(__dirname, '..', '..', 'docs', 'traces.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');

test('every example of docs/traces.md is read without a problem', () => {
  const [traces, files] = [blocks('json'), blocks('yaml')];
  expect([traces.length, files.length]).toEqual([2, 1]);
  for (const trace of traces) expect(readTrace(trace)).toMatchObject({ ok: true });
  expect(readGuardsFile(files[0] ?? '')).toMatchObject({ ok: true, file: { guards: { length: 12 } } });
});
