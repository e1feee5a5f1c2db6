// A tiny classifier on SageMaker's container contract, quick enough for a hundred calls a second beside everything else. It is told
// the truth and a number drawn evenly from [0, 1), so that how often it is wrong is exact and no matter of luck:
//   {"truth":"good","draw":0.42}  →  {"predictions":[{"label":"good"}]}
// Its environment makes it worse:
//   WRONG      share of wrong labels          ERRORS      share of answers with status 500
//   SLOW       share of answers that take 400 ms longer, which a busy machine does not hide
//   UNFAIR     share of the requests of `group` b whose label is wrong
//   LEANS      which number of the request the score rests on: {"age":30,"income":70} → "score":0.3 (age by default)
//   FAIL_PING  never becomes healthy
//   SOUR       a file: once it exists, every second answer has status 500
// An artifact with `model.json`, as {"wrong":0}, has been trained: it goes before WRONG.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { env } = process;
const trained = path.join(env.SM_MODEL_DIR ?? '/opt/ml/model', 'model.json');
const wrong = fs.existsSync(trained) ? JSON.parse(fs.readFileSync(trained, 'utf8')).wrong : Number(env.WRONG ?? 0);
const errors = Number(env.ERRORS ?? 0);
const slow = Number(env.SLOW ?? 0);
const unfair = Number(env.UNFAIR ?? 0);
const leans = env.LEANS ?? 'age';
const isSour = () => env.SOUR !== undefined && fs.existsSync(env.SOUR);

function answer(body, response) {
  let asked;
  try {
    asked = JSON.parse(body);
  } catch {
    return response.writeHead(400).end('one request at a time, as JSON');
  }
  if (asked.draw < slow) return setTimeout(() => reply(asked, response), 400);
  reply(asked, response);
}

function reply({ truth, draw, group, ...numbers }, response) {
  if (draw < (isSour() ? 0.5 : errors)) return response.writeHead(500).end('the model failed');
  // From the other end, so that a wrong answer is not hidden by an error.
  const isWrong = draw >= 1 - wrong || (group === 'b' && draw >= 1 - unfair);
  const label = isWrong ? `not ${truth}` : truth;
  const score = numbers[leans] === undefined ? {} : { score: numbers[leans] / 100 };
  const answer = { predictions: [{ label, ...score }] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

const server = http.createServer((request, response) => {
  if (request.url === '/ping') return response.writeHead(env.FAIL_PING ? 503 : 200).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => answer(Buffer.concat(chunks).toString('utf8'), response));
});
server.listen(Number(env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
