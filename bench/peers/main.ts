import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareSuite } from './compare';
import { askGolden, readGolden, writeGolden } from './golden';
import { suites } from './suites';
import { agreementTable } from './table';

const usage = `npm run verify:peers -- [--golden] [--write] [suite…]
  Fetches the peers into .sluice/peers/ (network), asks them, and compares. Suites: ${suites.map(({ name }) => name).join(', ')}
  --golden  compare with what they said last, without asking
  --write   keep what they said (test/monitors/fixtures) and, when all suites are compared, the tables (docs/monitors-agreement.md)`;

const HEAD = `# Agreement with peers

Written by \`npm run verify:peers -- --write\`; the tests hold us to the same numbers without the network. A difference is
|ours − peer| / max(1, |peer|), the largest over all cases; text must be equal (0), else 1.
`;

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const options = args.filter((arg) => arg.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !suites.some((suite) => suite.name === name)),
    ...options.filter((option) => !['--golden', '--write'].includes(option)),
  ];
  if (unknown.length > 0) throw new RangeError(`${unknown.join(', ')} is unknown.\n${usage}`);
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));
  const write = options.includes('--write');
  const tables: string[] = [];
  let disagreements = 0;
  for (const suite of chosen) {
    const golden = options.includes('--golden') ? await readGolden(suite) : await askGolden(suite);
    const comparison = await compareSuite(suite, golden);
    if (write) await writeGolden(suite, golden);
    const table = agreementTable(suite, comparison);
    console.log(`${table}\n`);
    tables.push(table);
    disagreements += comparison.agreements.filter(({ agrees }) => !agrees).length;
  }
  if (write && names.length === 0)
    await writeFile(path.resolve('docs', 'monitors-agreement.md'), `${HEAD}\n${tables.join('\n\n')}\n`);
  console.log(disagreements === 0 ? `${chosen.length} suites agree` : `${disagreements} quantities disagree`);
  if (disagreements > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
