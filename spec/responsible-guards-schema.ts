import { z } from 'zod';
import { placePath, s3Prefix } from './addresses';
import { allowance, kind, optionalBase } from './guard-fields';
import { atMostOneOf, choice, positiveNumber, text, wholeNumber } from './scalar';

/** Guards on what a model does with whom and why, and on what it is asked. */
export function responsibleGuards() {
  return [inputDrift(), bias(), attribution()] as const;
}

const everyTicks = (example: number) =>
  wholeNumber({ min: 1, example, describe: 'Ticks of a window.' }).prefault(example);

const leastN = (example: number, describe: string) => wholeNumber({ min: 1, example, describe }).prefault(example);

const places = () =>
  z
    .array(
      placePath('Where a feature stands in the request: a JSON path, or a CSV column index.', {
        of: 'request',
        example: '$.age',
      })
    )
    .min(1)
    .meta({ description: 'Features, each by its place in the request; by default the columns of CSV.' });

function inputDrift() {
  return z
    .strictObject({
      kind: kind('inputDrift', 'Judges how the requests are distributed.'),
      threshold: positiveNumber({ example: 0.1, describe: 'Largest distance of a feature that is good.' }),
      features: places().optional(),
      leastN: leastN(500, 'Requests that a window needs.'),
      every: everyTicks(10),
      ...allowance(),
      ...optionalBase(),
      then: choice({
        what: 'a consequence',
        values: ['alert', 'hold'],
        describe: 'What a failure means; it hits all arms alike, so nobody is rolled back for it.',
      }).prefault('alert'),
    })
    .meta({ description: 'The requests against those before the rollout.' });
}

function bias() {
  const word = (what: string, example: string, describe: string) =>
    text({ what, allowed: 'a value as text', example, describe });
  return z
    .strictObject({
      kind: kind('bias', 'Judges whether the values of a facet are treated alike.'),
      facet: text({
        what: 'the name of a facet',
        allowed: 'a name among `schema.facets`',
        example: 'category',
        describe: 'Which of the facets of the file.',
      }),
      metric: choice({
        what: 'a metric',
        values: ['DPPL', 'DI', 'RD', 'SD', 'AD', 'DAR', 'DRR'],
        describe: 'By its name in SageMaker Clarify; all but DPPL and DI need labels.',
      }).prefault('DPPL'),
      threshold: positiveNumber({
        example: 0.1,
        describe: 'Largest difference that is good, either way; for DI the smallest ratio, either way.',
      }),
      values: z
        .array(word('a value', 'books', 'A value of the facet.'))
        .min(1)
        .optional()
        .meta({ description: 'Disadvantaged values; by default each value is compared with all others.' }),
      positive: word('a label', 'approved', 'The favourable prediction; by default each in turn.').optional(),
      leastN: leastN(100, 'Trials that each side of a comparison needs.'),
      every: everyTicks(10),
      ...allowance(),
    })
    .meta({ description: "The candidate's treatment of the values of a facet." });
}

function attribution() {
  return z
    .strictObject({
      kind: kind('attribution', 'Judges which features the answers rest on.'),
      ndcg: positiveNumber({
        example: 0.9,
        describe: 'Smallest NDCG of the live attributions against the baseline that is good.',
      }).prefault(0.9),
      value: placePath('Where the explained number stands in the response: a JSON path, or a CSV column index.', {
        of: 'response',
        example: '$.predictions[0].score',
      }).optional(),
      features: places().optional(),
      text: placePath('Where the text stands whose words are the features.', {
        of: 'request',
        example: '$.text',
      }).optional(),
      baseline: s3Prefix(
        "Folder of the candidate's own analysis.json; without it the incumbent's attributions of the same requests.",
        's3://baselines/reviews/8'
      ).optional(),
      leastN: leastN(50, 'Requests that a window explains.'),
      calls: wholeNumber({
        min: 100,
        example: 5_000,
        describe: 'Rows that the model may be asked in a window; its share of time decides how sharp the values are.',
      }).prefault(5_000),
      every: everyTicks(60),
      ...allowance(),
    })
    .refine(...atMostOneOf(['features', 'text']))
    .meta({ description: 'The features that answers rest on, by Kernel SHAP against a copy of the model.' });
}
