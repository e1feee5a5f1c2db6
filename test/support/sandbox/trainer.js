// A tiny training container for Processing: counts the lines of /opt/ml/processing/input/data and leaves a model.tar.gz in
// /opt/ml/processing/output, whose model.json is right as often as its environment says (WRONG, a share).
//   EXIT      exit code, before anything is written        MESSAGE   text for /opt/ml/output/message
const fs = require('node:fs');
const path = require('node:path');
const tar = require('tar');

const { env } = process;
const base = env.SAGEMAKER_BASE_DIR ?? '/opt/ml';
if (env.MESSAGE) fs.writeFileSync(path.join(base, 'output/message'), env.MESSAGE);
if (env.EXIT) process.exit(Number(env.EXIT));
const input = path.join(base, 'processing/input/data');
const lines = fs
  .readdirSync(input)
  .flatMap((name) => fs.readFileSync(path.join(input, name), 'utf8').trim().split('\n'));
const output = path.join(base, 'processing/output');
const work = fs.mkdtempSync(path.join(base, 'work-'));
fs.writeFileSync(
  path.join(work, 'model.json'),
  JSON.stringify({ wrong: Number(env.WRONG), lines: lines.length, why: env.SLUICE_WHY })
);
fs.mkdirSync(output, { recursive: true });
tar.create({ gzip: true, sync: true, cwd: work, file: path.join(output, 'model.tar.gz') }, ['model.json']);
