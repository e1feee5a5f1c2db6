// Draws docs/strategies/*.svg: the traffic over time that the files of examples/strategies on those pages ask for. A test fails when one is stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
require('../test/support/sandbox/register.js');
const { PAGES, SHOWN, strategySpec } = require('../test/support/strategy-files.ts');
const { strategyPicture } = require('../test/support/strategy-picture.ts');

mkdirSync(PAGES, { recursive: true });
for (const file of Object.values(SHOWN).flat())
  writeFileSync(path.join(PAGES, file.replace(/yaml$/, 'svg')), strategyPicture(strategySpec(file)));
