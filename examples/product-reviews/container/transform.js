'use strict';

// A container of an inference pipeline, before or after the model's: changes requests or answers. It knows nothing about how: the artifact
// brings transform.json and, in code/transform.js, the engine that the gateway runs, too.
// SLUICE_TRANSFORM_SIDE says which side of the model it stands on: request or response.

const fs = require('node:fs');
const path = require('node:path');
const { serve, modelDir, Refusal } = require('./contract.js');

const side = process.env.SLUICE_TRANSFORM_SIDE;
if (side !== 'request' && side !== 'response') {
  throw new Error(`SLUICE_TRANSFORM_SIDE is ${JSON.stringify(side)}; allowed: request, response.`);
}
const { compileTransforms, TransformError, errorBody } = require(path.join(modelDir, 'code', 'transform.js'));
const transforms = compileTransforms(JSON.parse(fs.readFileSync(path.join(modelDir, 'transform.json'), 'utf8')));

serve((given) => {
  try {
    return transforms[side](given);
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    throw new Refusal(error.status, error.message, errorBody(error));
  }
});
