// The built-in linear learner: a model server on SageMaker's container contract, for `*linear-learner:*` images in the sandbox.
const http = require('node:http');
const os = require('node:os');
const { ANSWER_TYPES, REQUEST_TYPES, answerType, readRecords, writePredictions } = require('./formats');
const { loadModel, predict, Unusable } = require('./model');

const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;

function main() {
  const model = loadOrExit();
  const server = http.createServer((request, response) => {
    answer(model, request)
      .catch((error) => {
        if (error instanceof Unusable) return text(400, error.message);
        console.error(error);
        return text(500, 'the model server failed');
      })
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body));
  });
  const port = Number(process.env.SAGEMAKER_BIND_TO_PORT ?? 8080);
  server.listen(port, '127.0.0.1', () => console.log(`serving a ${model.predictorType} with ${model.width} features`));
  process.on('SIGTERM', () => process.exit(0));
}

function loadOrExit() {
  try {
    return loadModel(process.env.SM_MODEL_DIR ?? '/opt/ml/model');
  } catch (error) {
    console.error(error instanceof Unusable ? error.message : error);
    return process.exit(1);
  }
}

async function answer(model, request) {
  const route = `${request.method} ${(request.url ?? '').split('?')[0]}`;
  if (route === 'GET /ping') return { status: 200, type: 'text/plain', body: '' };
  if (route === 'GET /execution-parameters') return json(executionParameters());
  if (route !== 'POST /invocations') return text(404, `there is no ${route} here`);
  const body = await bodyOf(request);
  const contentType = request.headers['content-type'] ?? 'application/json';
  const records = readRecords(contentType, body, model.width);
  if (!records) return text(415, `content type ${contentType} is not taken here: ${REQUEST_TYPES.join(', ')}`);
  const type = answerType(request.headers.accept);
  if (type === undefined) return text(406, `answers are given as ${ANSWER_TYPES.join(' or ')}`);
  const predictions = records.map((features) => predict(model, features));
  return { status: 200, type, body: writePredictions(type, predictions) };
}

/** What a batch transform job asks first. */
function executionParameters() {
  return { MaxConcurrentTransforms: os.cpus().length, BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 6 };
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > PAYLOAD_LIMIT_BYTES) throw new Unusable(`the body is larger than ${PAYLOAD_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(value) {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

function text(status, body) {
  return { status, type: 'text/plain', body };
}

main();
