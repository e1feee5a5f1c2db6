'use strict';

// A model server by SageMaker's container contract: GET /ping, POST /invocations, SIGTERM. It knows nothing about the model:
// the artifact brings model.json and code/inference.js with the hooks load, transform, predict and output.
// Node only, no package: it must run wherever the artifact is unpacked.

const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');

/** SageMaker's limit for a real-time request. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

const baseDir = process.env.SAGEMAKER_BASE_DIR;
const modelDir = process.env.SM_MODEL_DIR || path.join(baseDir || '/opt/ml', 'model');
const port = Number(process.env.SAGEMAKER_BIND_TO_PORT || 8080);
// A base directory of its own means: no container around this process, so nobody but this machine may call.
const host = baseDir ? '127.0.0.1' : '0.0.0.0';

class BadRequest extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function loadArtifact() {
  const hooks = require(path.join(modelDir, 'code', 'inference.js'));
  const model = hooks.load(JSON.parse(fs.readFileSync(path.join(modelDir, 'model.json'), 'utf8')));
  return (text) => hooks.output(hooks.predict(hooks.transform(text, model), model), model);
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
        ? reject(new BadRequest(413, `The body has ${size} bytes; at most ${MAX_BODY_BYTES} are allowed.`))
        : resolve(Buffer.concat(chunks).toString('utf8'))
    );
    request.on('error', reject);
  });
}

/** `{"text": "…"}` or `{"instances": [{"text": "…"}, …]}`. */
function textsOf(body) {
  let parsed;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new BadRequest(400, 'The body is not JSON.');
  }
  const instances = parsed?.instances ?? [parsed];
  if (!Array.isArray(instances) || !instances.every((item) => typeof item?.text === 'string')) {
    throw new BadRequest(400, 'Expected {"text": "…"} or {"instances": [{"text": "…"}]}.');
  }
  return instances.map((item) => item.text);
}

let stopping = false;

function respond(response, status, value) {
  const body = value === undefined ? '' : JSON.stringify(value);
  // A kept connection would outlive the last request and keep the process from ending.
  if (stopping) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function handle(request, response, answer) {
  if (request.url === '/ping' && request.method === 'GET') return respond(response, 200);
  const body = await readBody(request);
  if (request.url !== '/invocations') throw new BadRequest(404, `No such path: ${request.url}`);
  if (request.method !== 'POST') throw new BadRequest(405, '/invocations takes POST.');
  const type = request.headers['content-type'] || 'application/json';
  if (!/^application\/json\b/i.test(type)) throw new BadRequest(415, `Content type ${type} is not application/json.`);
  respond(response, 200, { predictions: textsOf(body).map(answer) });
}

function start() {
  const answer = loadArtifact();
  const server = http.createServer((request, response) => {
    handle(request, response, answer).catch((error) => {
      if (!(error instanceof BadRequest)) console.error(`${error.name}: ${error.message}`);
      respond(response, error.status ?? 500, { error: error.message });
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

start();
