import { z } from 'zod';
import { artifact, instanceType } from './addresses';
import { text, variable, wholeNumber } from './scalar';

const NAME = {
  what: 'a name',
  allowed: 'letters, digits and inner hyphens, at most 63',
  pattern: '^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$',
} as const;

/** The endpoint's name, by SageMaker's rule for names. */
export function endpointName() {
  return text({ ...NAME, example: 'product-reviews', describe: 'Name of the SageMaker endpoint.' });
}

/** One model version that wants to replace the incumbent. */
export function candidate() {
  return z
    .strictObject({
      name: text({ ...NAME, example: 'v8', describe: "Version name; also the production variant's name." }),
      container: container(),
      instance: instance(),
    })
    .meta({ description: 'A model version that is to replace the one in service.' });
}

function container() {
  const describe = 'Container image with the serving code.';
  return z
    .strictObject({
      image: text({
        what: 'an image',
        allowed: 'an image address',
        example: 'sentiment:8',
        describe,
        pattern: '^\\S{1,255}$',
      }),
      artifact: artifact('The packed model that SageMaker puts into /opt/ml/model.').optional(),
      environment: variables('Environment variables of the container.').prefault({}),
    })
    .meta({ description: 'What serves the model.' });
}

function instance() {
  return z
    .strictObject({
      type: instanceType('Instance type of the variant.').prefault('ml.m5.large'),
      count: wholeNumber({ min: 1, example: 1, describe: 'Number of instances to start with.' }).prefault(1),
    })
    .prefault({})
    .meta({ description: 'Machines that the candidate runs on.' });
}

/** A map of names to strings. */
export function variables(describe: string) {
  return z.record(z.string(), variable()).meta({ description: describe });
}
