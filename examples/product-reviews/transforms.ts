import type { TransformDefinition } from '../../gateway';

/**
 * For an application that speaks of reviews and stars, in front of the model of this folder: the same definition for the gateway and for the
 * first and last container of a pipeline.
 */
export const reviewTransforms: TransformDefinition = {
  version: 1,
  request: [
    { require: 'review', type: 'string' },
    { rename: 'review', to: 'text' },
    { clean: 'text', how: ['stripTags', 'normalize', 'collapseSpaces', 'trim'] },
    { drop: 'userId' },
  ],
  response: [
    { unwrap: 'predictions[0]' },
    { rename: 'label', to: 'stars' },
    { map: 'stars', values: { positive: 1, negative: 0 } },
  ],
};
