// A tiny training container. As a Processing job it counts the lines of /opt/ml/processing/input/data and leaves a model.tar.gz in
// /opt/ml/processing/output; as a training job (its last argument is `train`) it reads the channel `data`, and leaves the model in
// /opt/ml/model. Its model.json is wrong as often as WRONG says, a share: the environment's, or the hyperparameter of that name.
//   EXIT      exit code, before anything is written        MESSAGE   text for /opt/ml/output/message, or …/failure of a training job
//   UNTIL     goes on until this file is there             TELL      leaves what it was told in /opt/ml/output/data
const fs = require('node:fs');
const path = require('node:path');
const tar = require('tar');

const { env } = process;
const base = env.SAGEMAKER_BASE_DIR ?? '/opt/ml';
const isTraining = process.argv.at(-1) === 'train';
const at = (...names) => path.join(base, ...names);
const told = (name) => JSON.parse(fs.readFileSync(at('input/config', name), 'utf8'));
if (env.MESSAGE) fs.writeFileSync(at(isTraining ? 'output/failure' : 'output/message'), env.MESSAGE);
if (env.EXIT) process.exit(Number(env.EXIT));
const wrong = (isTraining ? told('hyperparameters.json').WRONG : undefined) ?? env.WRONG;
const input = at(isTraining ? 'input/data/data' : 'processing/input/data');
const lines = fs
  .readdirSync(input)
  .flatMap((name) => fs.readFileSync(path.join(input, name), 'utf8').trim().split('\n'));
const model = JSON.stringify({ wrong: Number(wrong), lines: lines.length, why: env.SLUICE_WHY });

function finish() {
  if (env.UNTIL && !fs.existsSync(env.UNTIL)) return setTimeout(finish, 20);
  if (isTraining) {
    fs.writeFileSync(at('model/model.json'), model);
    if (env.TELL) {
      const config = ['hyperparameters', 'inputdataconfig', 'resourceconfig'].map((name) => told(`${name}.json`));
      fs.writeFileSync(at('output/data/told.json'), JSON.stringify({ config, env, arguments: process.argv.slice(2) }));
    }
    return;
  }
  const work = fs.mkdtempSync(at('work-'));
  fs.writeFileSync(path.join(work, 'model.json'), model);
  fs.mkdirSync(at('processing/output'), { recursive: true });
  tar.create({ gzip: true, sync: true, cwd: work, file: at('processing/output/model.tar.gz') }, ['model.json']);
}
// What a stopped job has learned until then is its model, too.
process.on('SIGTERM', () => {
  env.UNTIL = '';
  finish();
  process.exit(0);
});
console.log(`read ${lines.length} lines`);
finish();
