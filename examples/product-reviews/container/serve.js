'use strict';

// A model server by SageMaker's container contract. It knows nothing about the model: the artifact brings model.json and
// code/inference.js with the hooks load, transform, predict and output.

const fs = require('node:fs');
const path = require('node:path');
const { serve, modelDir, Refusal } = require('./contract.js');

function loadArtifact() {
  const hooks = require(path.join(modelDir, 'code', 'inference.js'));
  const model = hooks.load(JSON.parse(fs.readFileSync(path.join(modelDir, 'model.json'), 'utf8')));
  return (text) => hooks.output(hooks.predict(hooks.transform(text, model), model), model);
}

/** `{"text": "…"}` or `{"instances": [{"text": "…"}, …]}`. */
function textsOf(body) {
  let parsed;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  const instances = parsed?.instances ?? [parsed];
  if (!Array.isArray(instances) || !instances.every((item) => typeof item?.text === 'string')) {
    throw new Refusal(400, 'Expected {"text": "…"} or {"instances": [{"text": "…"}]}.');
  }
  return instances.map((item) => item.text);
}

const answer = loadArtifact();

serve(({ body, contentType }) => {
  if (!/^application\/json\b/i.test(contentType)) {
    throw new Refusal(415, `Content type ${contentType} is not application/json.`);
  }
  return { body: Buffer.from(JSON.stringify({ predictions: textsOf(body).map(answer) })) };
});
