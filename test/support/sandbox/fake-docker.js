// Stands in for Docker: records how it is called (one JSON line each, in FAKE_DOCKER_LOG of its folder), and `run` starts the model
// server of these tests with the port, the model and the environment that its options say. A detached container lives on when the
// command that started it is killed, as Docker's do, until `rm -f`.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const here = path.dirname(process.argv[1]);
const args = process.argv.slice(2);
fs.appendFileSync(path.join(here, 'calls.jsonl'), `${JSON.stringify({ args, env: Object.keys(process.env) })}\n`);

const valuesOf = (option) => args.flatMap((arg, index) => (arg === option ? [args[index + 1]] : []));

if (args[0] === 'run') {
  const [name] = valuesOf('--name');
  const [model] = valuesOf('--volume')[0].split(':');
  const env = Object.fromEntries(
    valuesOf('--env').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  );
  // What publishes no port is a processing job, whose folder stands for /opt/ml.
  const [published] = valuesOf('--publish');
  const [program, told] = published
    ? ['container.js', { SAGEMAKER_BIND_TO_PORT: published.split(':')[1], SM_MODEL_DIR: model }]
    : ['job.js', { SAGEMAKER_BASE_DIR: model }];
  const server = path.join(process.env.FAKE_DOCKER_SERVERS ?? __dirname, program);
  const child = spawn(process.execPath, [server, args.at(-1)], {
    env: { ...env, ...told },
    detached: true,
    stdio: 'inherit',
  });
  // In one step: who finds the file finds the number in it.
  fs.writeFileSync(path.join(here, `${name}.pid.new`), String(child.pid));
  fs.renameSync(path.join(here, `${name}.pid.new`), path.join(here, `${name}.pid`));
  child.on('exit', (code) => process.exit(code ?? 137));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
} else if (args[0] === 'rm') {
  try {
    process.kill(Number(fs.readFileSync(path.join(here, `${args.at(-1)}.pid`), 'utf8')), 'SIGKILL');
  } catch {
    process.exit(1);
  }
}
