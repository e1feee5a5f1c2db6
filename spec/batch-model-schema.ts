import { z } from 'zod';
import { modelPackage, pipelineContainer, container } from './candidate-schema';
import { exactlyOneOf, text } from './scalar';
import { wordOrMap } from './word-or-map';

const KEYS = ['container', 'containers', 'modelPackage', 'existing'] as const;

/** The model of a batch: the endpoint's incumbent, or one that is pinned. */
export function batchModel() {
  return wordOrMap({
    what: 'a model',
    words: ['incumbent'],
    map: pinned(),
    example: '{ modelPackage: reviews/8 }',
    describe: "What scores: the endpoint's incumbent when the run begins, or a model that is pinned here.",
  });
}

/** The model of a challenger, which is pinned always. */
export function challengerModel() {
  return pinned();
}

function pinned() {
  return z
    .strictObject({
      container: container().optional(),
      containers: z.array(pipelineContainer()).optional().meta({
        minItems: 2,
        maxItems: 15,
        description: 'An inference pipeline: 2 to 15 containers, each gets what the one before has answered.',
      }),
      modelPackage: modelPackage().optional(),
      existing: text({
        what: 'a name',
        allowed: 'the name of a SageMaker model',
        example: 'reviews-v8',
        describe: 'A SageMaker model that exists.',
        pattern: '^[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?$',
      }).optional(),
    })
    .refine(...exactlyOneOf(KEYS, '{ image: sentiment:8 }'))
    .meta({ oneOf: KEYS.map((key) => ({ required: [key] })), description: 'A model that is pinned.' });
}
