// One container of an inference pipeline that leaves its mark: the first one unwraps what the client has wrapped, the last one says that
// it was there.
//   STEP=unwrap   {"review":{…}} → {…}      anything else as it is
//   STEP=stamp    {…} → {…,"via":"pipeline"}
const http = require('node:http');

const { env } = process;
const steps = {
  unwrap: (value) => value.review ?? value,
  stamp: (value) => ({ ...value, via: 'pipeline' }),
};

const server = http.createServer((request, response) => {
  if (request.url === '/ping') return response.writeHead(200).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(steps[env.STEP](value)));
  });
});
server.listen(Number(env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
