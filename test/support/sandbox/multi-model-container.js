// A model server on SageMaker's multi-model contract. MAX_MODELS: how many fit into its memory. LOAD_MS: how long loading takes.
// A model's file `model.json` holds { reply, refuse? }: what it answers, or the status it refuses to load with.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { env } = process;
const models = new Map();

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function load(body) {
  const { model_name: name, url } = JSON.parse(body);
  if (models.has(name)) return [409, 'loaded already'];
  if (models.size >= Number(env.MAX_MODELS ?? 2)) return [507, 'no memory left'];
  const model = JSON.parse(fs.readFileSync(path.join(url, 'model.json'), 'utf8'));
  if (model.refuse) return [model.refuse, 'this model cannot be loaded'];
  await new Promise((resolve) => setTimeout(resolve, Number(env.LOAD_MS ?? 0)));
  models.set(name, { ...model, url });
  return [200, '{}'];
}

async function answer(request) {
  const [, root, name, verb] = request.url.split('/');
  if (root === 'ping') return [200, ''];
  if (root !== 'models') return [404, 'not here'];
  const body = await bodyOf(request);
  if (name === undefined) {
    if (request.method === 'POST') return load(body);
    return [200, JSON.stringify({ models: [...models].map(([modelName, { url }]) => ({ modelName, modelUrl: url })) })];
  }
  const model = models.get(name);
  if (!model) return [404, 'not loaded'];
  if (request.method === 'DELETE') return models.delete(name) && [200, '{}'];
  if (verb !== 'invoke') return [405, 'no'];
  const { delayMs = 0, exit } = body.startsWith('{') ? JSON.parse(body) : {};
  if (exit !== undefined) process.exit(exit);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const target = request.headers['x-amzn-sagemaker-target-model'];
  return [200, JSON.stringify({ reply: model.reply, target, held: models.size, mode: env.SAGEMAKER_MULTI_MODEL })];
}

http
  .createServer((request, response) => answer(request).then(([status, text]) => response.writeHead(status).end(text)))
  .listen(Number(env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
