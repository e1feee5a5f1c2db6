// A tiny processing container. Copies /opt/ml/processing/input to /opt/ml/processing/output, each file with a line more that names the
// host, and writes what it was told to output/told.json. Its environment sets the rest:
//   EXIT      exit code              MESSAGE   text for /opt/ml/output/message
//   UNTIL     goes on until this file is there, or SIGTERM comes (then it exits with 0)
//   DEAF      ignores SIGTERM        FAIL_ON   the host that exits with 1
const fs = require('node:fs');
const path = require('node:path');

const { env } = process;
const base = env.SAGEMAKER_BASE_DIR ?? '/opt/ml';
const read = (name) => JSON.parse(fs.readFileSync(path.join(base, 'config', name), 'utf8'));
const { current_host: host } = read('resourceconfig.json');
const input = path.join(base, 'processing/input');
const output = path.join(base, 'processing/output');

// Before anybody can see that it has started.
process.on('SIGTERM', () => {
  if (env.DEAF) return;
  if (env.MESSAGE) fs.writeFileSync(path.join(base, 'output/message'), 'ended by SIGTERM');
  process.exit(0);
});
console.log(`started on ${host}`);
fs.mkdirSync(output, { recursive: true });
if (fs.existsSync(input))
  for (const entry of fs.readdirSync(input, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const target = path.join(output, path.relative(input, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, `${fs.readFileSync(file, 'utf8')}\nby ${host}`);
  }
if (env.TELL) {
  const told = {
    arguments: process.argv.slice(2),
    env,
    job: read('processingjobconfig.json'),
    hosts: read('resourceconfig.json').hosts,
  };
  fs.writeFileSync(path.join(output, `told-${host}.json`), JSON.stringify(told));
  fs.symlinkSync('/etc/hostname', path.join(output, 'link'));
}
if (env.MESSAGE)
  fs.writeFileSync(
    path.join(base, 'output/message'),
    env.MESSAGE_BASE64 ? Buffer.from(env.MESSAGE, 'base64') : `${env.MESSAGE}`
  );
if (env.METRICS) {
  fs.mkdirSync(path.join(base, 'output/metrics'), { recursive: true });
  fs.writeFileSync(path.join(base, 'output/metrics/cloudwatch'), env.METRICS);
}
if (env.FAIL_ON === host) process.exit(1);
const end = () => {
  if (env.UNTIL && !fs.existsSync(env.UNTIL)) return setTimeout(end, 20);
  process.exit(Number(env.EXIT ?? 0));
};
end();
