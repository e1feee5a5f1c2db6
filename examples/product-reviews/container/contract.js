'use strict';

// SageMaker's container contract: GET /ping, POST /invocations, SIGTERM. What is answered is the caller's business.
// Node only, no package: it must run wherever the image is unpacked.

const http = require('node:http');
const path = require('node:path');

/** SageMaker's limit for a real-time request. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

const baseDir = process.env.SAGEMAKER_BASE_DIR;
/** Where SageMaker has unpacked the artifact. */
const modelDir = process.env.SM_MODEL_DIR || path.join(baseDir || '/opt/ml', 'model');
const port = Number(process.env.SAGEMAKER_BIND_TO_PORT || 8080);
// A base directory of its own means: no container around this process, so nobody but this machine may call.
const host = baseDir ? '127.0.0.1' : '0.0.0.0';

/** A request that is answered with this status, and with the message as `{"error": "…"}` or, where it is given, with `body`. */
class Refusal extends Error {
  constructor(status, message, body) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.body = body ?? Buffer.from(JSON.stringify({ error: message }));
  }
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () =>
      size > MAX_BODY_BYTES
        ? reject(new Refusal(413, `The body has ${size} bytes; at most ${MAX_BODY_BYTES} are allowed.`))
        : resolve(Buffer.concat(chunks))
    );
    request.on('error', reject);
  });
}

let stopping = false;

function respond(response, status, { body = Buffer.alloc(0), contentType = 'application/json' } = {}) {
  // A kept connection would outlive the last request and keep the process from ending.
  if (stopping) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': contentType, 'content-length': body.length });
  response.end(body);
}

async function handle(request, response, invoke) {
  if (request.url === '/ping' && request.method === 'GET') return respond(response, 200);
  const body = await readBody(request);
  if (request.url !== '/invocations') throw new Refusal(404, `No such path: ${request.url}`);
  if (request.method !== 'POST') throw new Refusal(405, '/invocations takes POST.');
  respond(response, 200, invoke({ body, contentType: request.headers['content-type'] || 'application/json' }));
}

/** Serves until SIGTERM. `invoke` is from `{ body, contentType }` to the same; a `Refusal` that it throws is the answer, any other error is a 500. */
function serve(invoke) {
  const server = http.createServer((request, response) => {
    handle(request, response, invoke).catch((error) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, error.message);
      if (refusal !== error) console.error(`${error.name}: ${error.message}`);
      respond(response, refusal.status, refusal);
    });
  });
  // The caller keeps connections open between requests; closing one under its next request would look like a crash.
  server.keepAliveTimeout = 75_000;
  server.listen(port, host, () => console.log(`Serving ${modelDir} on ${host}:${server.address().port}`));
  process.once('SIGTERM', () => {
    stopping = true;
    server.close();
    server.closeIdleConnections();
  });
}

module.exports = { serve, modelDir, Refusal };
