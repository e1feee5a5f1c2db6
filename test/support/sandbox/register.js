// Lets a child process of a test run the sources as they are: `node -r test/support/sandbox/register.js sandbox/main.ts`.
const { transformFileSync } = require('@swc/core');
const path = require('node:path');

const configFile = path.join(__dirname, '..', '..', '..', '.swcrc');
require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file, { configFile }).code, file);
