// A tiny model for transform jobs. Answers each line of text with its length and itself in capitals, each line of JSON with {"keys":n}.
// Its environment sets the rest:
//   BIAS        how many keys more than there are are told of an object with more than one
//   ONLY_TYPE   the one content type that it takes; anything else is answered with 415
//   PARAMETERS  the answer to GET /execution-parameters (404 without it)
//   TELL_PORT   prints the port that it listens on
//   LOG         file that gets a line of JSON for every request: bytes, headers, how many were open, the environment's SAGEMAKER_*
// Words in a body are commands: BAD (400), ALIEN (415), BROKEN (500), FLAKY (500 the first time), CRASH (ends, the first time), SLOW (waits 50 ms),
// HANG (never answers), SHORT (one result too few).
const fs = require('node:fs');
const http = require('node:http');

const { env } = process;
if (env.EXIT_AT_START) process.exit(Number(env.EXIT_AT_START));
const seen = new Set();
let open = 0;

// Objects of several keys get so many more.
function keysOf(record) {
  const keys = Object.keys(record).length;
  return keys > 1 ? keys + Number(env.BIAS ?? 0) : keys;
}

function answer(text, type) {
  const lines = text.replace(/\n$/, '').split('\n');
  const kept = text.includes('SHORT') ? lines.slice(1) : lines;
  if (type.startsWith('text/')) return kept.map((line) => `${line.length},${line.toUpperCase()}`).join('\n');
  return kept.map((line) => JSON.stringify({ keys: keysOf(JSON.parse(line)) })).join('\n');
}

http
  .createServer((request, response) => {
    if (request.url === '/ping') return response.writeHead(200).end();
    if (request.url === '/execution-parameters')
      return response.writeHead(env.PARAMETERS ? 200 : 404).end(env.PARAMETERS ?? '');
    open += 1;
    const peak = open;
    response.on('close', () => (open -= 1));
    if (env.STREAM) {
      response.writeHead(200);
      return request.pipe(response);
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = body.toString('utf8');
      if (env.LOG) {
        const told = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('SAGEMAKER_')));
        fs.appendFileSync(
          env.LOG,
          `${JSON.stringify({ text: text.slice(0, 200), bytes: body.length, peak, headers: request.headers, told })}\n`
        );
      }
      const isFirst = !seen.has(text);
      seen.add(text);
      if (text.includes('CRASH') && !fs.existsSync(`${env.LOG}.crashed`)) {
        fs.writeFileSync(`${env.LOG}.crashed`, '');
        process.exit(1);
      }
      if (text.includes('HANG')) return;
      const type = request.headers['content-type'] ?? 'text/plain';
      const isTaken = (env.ONLY_TYPE ?? type) === type && !text.includes('ALIEN');
      if (!isTaken) return response.writeHead(415).end(`unsupported content type ${type}`);
      const status = text.includes('BAD')
        ? 400
        : text.includes('BROKEN') || (text.includes('FLAKY') && isFirst)
          ? 500
          : 200;
      setTimeout(
        () =>
          response
            .writeHead(status, { 'content-type': type })
            .end(status === 200 ? answer(text, type) : 'no such record'),
        text.includes('SLOW') ? 50 : 0
      );
    });
  })
  .listen(Number(env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1', function () {
    if (env.TELL_PORT) console.log(this.address().port);
  });
process.on('SIGTERM', () => process.exit(0));
