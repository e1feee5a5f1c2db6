// Writes the table of operations in docs/sandbox.md: starts a sandbox from the sources, calls every operation that AWS's models of the
// services have, and notes which answer and which are refused by name. A test fails when the table is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
require('../test/support/sandbox/register.js');
const { startSandbox } = require('../sandbox/start.ts');
const { askEverything } = require('../test/support/sandbox/operations.ts');
const { writeOperations } = require('../test/support/sandbox/operations-table.ts');

const file = path.join(root, 'docs', 'sandbox.md');
const sandbox = await startSandbox({ checkOutputs: true });
try {
  const document = writeOperations(await readFile(file, 'utf8'), await askEverything(sandbox.url));
  await writeFile(file, await prettier.format(document, { ...(await prettier.resolveConfig(file)), filepath: file }));
} finally {
  await sandbox.stop();
}
