import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readRolloutFile } from '../../spec/read';

const FOLDER = path.join(__dirname, '../../examples/strategies');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

test.each(files)('%s is a rollout file without a single complaint', (name) => {
  const text = readFileSync(path.join(FOLDER, name), 'utf8');
  const read = readRolloutFile({ text, fileName: name, environment: {} });
  expect(read.ok ? [] : read.problems).toEqual([]);
});
