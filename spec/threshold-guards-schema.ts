import { z } from 'zod';
import { duration } from './fields';
import { allowance, kind } from './guard-fields';
import { choice, exactlyOneOf, positiveNumber, scalar, text, variable, wholeNumber } from './scalar';

/** Guards that decide by a rule of thumb. */
export function thresholdGuards() {
  return [threshold(), alarm(), webhook(), outputDrift()] as const;
}

const STATISTIC =
  '^(Sum|Average|Minimum|Maximum|SampleCount|IQM|(p|tm|tc|ts|wm)\\d{1,3}(\\.\\d+)?|(TM|TC|TS|WM|PR)\\(.+\\))$';

function threshold() {
  const number = (describe: string) =>
    scalar<number>({
      what: 'a number',
      allowed: 'a number',
      example: '0',
      describe,
      json: { type: 'number' },
      read: (found) =>
        typeof found === 'number' && Number.isFinite(found) ? { ok: true, value: found } : { ok: false },
    });
  const words = { allowed: 'words', example: 'CPUUtilization' };
  return z
    .strictObject({
      kind: kind('threshold', 'Judges a number a tick.'),
      metric: text({ ...words, what: 'a metric', describe: 'The metric of CloudWatch, by its name.' }),
      namespace: text({
        what: 'a namespace',
        allowed: 'a namespace of CloudWatch',
        example: '/aws/sagemaker/Endpoints',
        describe: 'The namespace of the metric.',
      }).prefault('AWS/SageMaker'),
      statistic: text({
        what: 'a statistic',
        allowed: 'a statistic of CloudWatch: Average, Sum, Maximum, p99, TM(5%:95%), …',
        example: 'Average',
        describe: 'The statistic of each tick.',
        pattern: STATISTIC,
      }).prefault('Average'),
      dimensions: z
        .record(z.string(), variable())
        .optional()
        .meta({ description: "All dimensions of the metric; by default the endpoint and the candidate's variant." }),
      above: number('Bad above this.').optional(),
      below: number('Bad below this.').optional(),
      ...allowance(),
    })
    .refine(...exactlyOneOf(['above', 'below'], '0'))
    .meta({ description: 'A number a tick against a limit.' });
}

function alarm() {
  return z
    .strictObject({
      kind: kind('alarm', 'Asks an alarm of CloudWatch.'),
      name: text({ what: 'a name', allowed: 'the name of an alarm', example: 'reviews-p99', describe: 'The alarm.' }),
      missingData: choice({
        what: 'a treatment',
        values: ['missing', 'notBreaching', 'breaching', 'ignore'],
        describe: "How the alarm treats missing data; by default read from the alarm's own TreatMissingData.",
      }).optional(),
      ...allowance(),
    })
    .meta({ description: 'A CloudWatch alarm.' });
}

function webhook() {
  const url = {
    what: 'a URL',
    allowed: 'https://… or http://…',
    example: 'https://check.example.org',
    pattern: '^https?://\\S+$',
  };
  return z
    .strictObject({
      kind: kind('webhook', 'Asks an HTTP check.'),
      url: text({ ...url, describe: 'The check.' }),
      timeout: duration('How long one call may take; no answer by then is an error.').prefault('5s'),
      ...allowance(),
    })
    .meta({ description: 'The answer of an HTTP check.' });
}

function outputDrift() {
  return z
    .strictObject({
      kind: kind('outputDrift', 'Judges how the answers are distributed.'),
      threshold: positiveNumber({ example: 0.1, describe: 'Largest distance that is good.' }),
      distance: choice({
        what: 'a distance',
        values: ['lInfinity', 'jensenShannon', 'kolmogorovSmirnov'],
        describe: 'How distributions are compared.',
      }).prefault('lInfinity'),
      leastN: wholeNumber({ min: 1, example: 500, describe: 'Answers of each arm that a window needs.' }).prefault(500),
      every: wholeNumber({ min: 1, example: 10, describe: 'Ticks of a window.' }).prefault(10),
      ...allowance(),
    })
    .meta({ description: "The candidate's answers against the incumbent's." });
}
