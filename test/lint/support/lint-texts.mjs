// Lints texts as if they stood at given paths, with the project's own config. A process of its own, because the config is an
// ES module, which jest cannot load. Reads [{ filePath, text }] from stdin; prints the messages of each, as one JSON list.
import { ESLint } from 'eslint';
import { text as readAll } from 'node:stream/consumers';
import tseslint from 'typescript-eslint';

// Rules that need types would ask for the file on the disk.
const eslint = new ESLint({ overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] });
const given = JSON.parse(await readAll(process.stdin));
const answers = [];
for (const { filePath, text } of given) {
  const [result] = await eslint.lintText(text, { filePath });
  answers.push(result.messages.map(({ ruleId, message }) => ({ rule: ruleId, message })));
}
process.stdout.write(JSON.stringify(answers));
