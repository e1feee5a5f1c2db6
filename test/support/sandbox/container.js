// A tiny model server on SageMaker's container contract. What it does is set by its environment:
//   REPLY         text that it answers with (default: the body it was sent)
//   FAIL_PING     answers 503 to every ping
//   EXIT_AT_START ends at once with this code
//   STATUS        answers every invocation with this status
// Bodies are commands too: {"status":500}, {"delayMs":100}, {"until":"file"} (answers once that file is there), {"exit":1}, {"deaf":true}
// (listens no more), {"echo":"headers"|"env"|"model"}, {"parts":["a","b"],"then":"end"|"cut"|"hang","heard":"file"} (a streamed answer, whose
// parts come one by one: the next once the file has a byte for each of those before, so that no two of them can come together).
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { env } = process;
if (process.argv.at(-1) !== 'serve') process.exit(64);
if (env.EXIT_AT_START) process.exit(Number(env.EXIT_AT_START));

function command(body) {
  try {
    const value = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function answer(request, body) {
  const { echo } = command(body);
  if (echo === 'headers') return JSON.stringify(request.headers);
  if (echo === 'env') return JSON.stringify(env);
  if (echo === 'model') return fs.readFileSync(path.join(env.SM_MODEL_DIR, 'model.json'), 'utf8');
  return env.REPLY ?? body;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sizeOf = (file) => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Each part is on its way before the next is written. */
async function stream(response, parts, { then, heard }) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-amzn-sagemaker-custom-attributes': 'streamed' });
  for (const [index, part] of parts.entries()) {
    await new Promise((resolve) => response.write(part, resolve));
    await pause(20);
    while (heard && sizeOf(heard) <= index) await pause(5);
  }
  if (then === 'end') response.end();
  if (then === 'cut') response.destroy();
}

const server = http.createServer((request, response) => {
  if (request.url === '/ping') return response.writeHead(env.FAIL_PING ? 503 : 200).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const { delayMs = 0, status = Number(env.STATUS ?? 200), exit, deaf, until } = command(body);
    if (exit !== undefined) process.exit(exit);
    if (deaf) {
      server.close().closeIdleConnections();
      response.shouldKeepAlive = false;
    }
    const { parts, then = 'end', heard } = command(body);
    if (parts) return void stream(response, parts, { then, heard });
    setTimeout(async () => {
      while (until && !fs.existsSync(until)) await pause(5);
      const type = request.headers['content-type'] ?? 'text/plain';
      response.writeHead(status, { 'content-type': type, 'x-amzn-sagemaker-custom-attributes': 'from-container' });
      response.end(status === 200 ? answer(request, body) : `failed with ${status}`);
    }, delayMs);
  });
});
server.listen(Number(env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1', () => console.log('serving'));
process.on('SIGTERM', () => process.exit(0));
