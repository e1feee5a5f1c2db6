import { z } from 'zod';
import { instanceType, placePath, s3Prefix } from './addresses';
import { batchModel, challengerModel } from './batch-model-schema';
import { duration, durationOrZero, rate } from './fields';
import { choice, flag, positiveNumber, text, wholeNumber } from './scalar';
import { schedule, schedulePolicies } from './schedule-schema';
import { size } from './size';
import { templatedAddress } from './templates';

const CONTENT_TYPE = {
  what: 'a content type',
  allowed: 'type/subtype',
  example: 'text/csv',
  pattern: '^[^/\\s]+/[^/\\s]+$',
} as const;

/** One batch transform of the file. */
export function batch() {
  return z
    .strictObject({
      name: text({
        what: 'a name',
        allowed: 'letters, digits and inner hyphens, at most 32',
        pattern: '^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$',
        example: 'nightly',
        describe: 'Name of the batch, unique in the file.',
      }).prefault('batch'),
      schedule: schedule().optional(),
      ...schedulePolicies(),
      dataLag: durationOrZero(
        'The places in braces name the nominal time of the run minus this; whole days are days of the calendar.'
      ).prefault('0s'),
      startWithin: duration('A run that has not begun this long after its nominal time is late.').prefault('5m'),
      within: duration('A run that has not published this long after its nominal time is late.').prefault('1d'),
      input: templatedAddress('What is scored: every object below this prefix.', 's3://data/reviews/{date}/'),
      output: templatedAddress(
        'Where results go; without a place in braces, the date (or the time) of the run is appended.',
        's3://out/reviews/'
      ),
      model: batchModel().prefault('incumbent'),
      instance: z
        .strictObject({
          type: instanceType('Instance type of the transform jobs.').prefault('ml.m5.large'),
          count: wholeNumber({ min: 1, example: 1, describe: 'Instances of each transform job.' }).prefault(1),
        })
        .prefault({})
        .meta({ description: 'Machines of the transform jobs.' }),
      strategy: choice({
        what: 'a strategy',
        values: ['MultiRecord', 'SingleRecord'],
        describe: 'As many records a request as fit into the payload, or one.',
      }).prefault('MultiRecord'),
      payload: wholeNumber({ min: 1, example: 6, describe: 'Largest request, in MB (MaxPayloadInMB).' }).prefault(6),
      concurrency: wholeNumber({
        min: 1,
        example: 4,
        describe: 'Requests at a time and instance; by default what the container asks for, or 1.',
      }).optional(),
      compression: choice({
        what: 'a way to pack',
        values: ['None', 'Gzip'],
        describe: 'How all objects of the input are packed; results are not.',
      }).prefault('None'),
      split: choice({
        what: 'a way to split',
        values: ['Line', 'None', 'RecordIO', 'TFRecord'],
        describe: 'How objects are cut into records.',
      }).prefault('Line'),
      assemble: choice({
        what: 'a way to assemble',
        values: ['Line', 'None'],
        describe: 'Whether each result is a line of the output; by default as the input is split.',
      }).optional(),
      contentType: text({ ...CONTENT_TYPE, describe: 'Content type of the requests.' }).prefault(
        'application/jsonlines'
      ),
      accept: text({
        ...CONTENT_TYPE,
        describe: 'Content type of the answers; by default that of the requests.',
      }).optional(),
      filters: filters().prefault({}),
      onBadRecord: choice({
        what: 'an answer to bad records',
        values: ['quarantine', 'fail'],
        describe: 'What the model refuses is put aside and the rest is published, or nothing is.',
      }).prefault('quarantine'),
      atMostBad: rate('More refused records than this fail the batch all the same.', '1%').prefault('1%'),
      verify: verify().prefault({}),
      challenger: challenger().optional(),
      parts: parts().prefault({}),
    })
    .meta({ description: 'A batch transform.' });
}

function filters() {
  const path = (describe: string, example: string) =>
    text({
      what: 'a JSON path',
      allowed: "$, .name, ['a','b'], [0], [1,-1], [2:5]",
      example,
      describe,
      pattern: '^\\$',
    });
  return z
    .strictObject({
      input: path('What of a record is sent to the model.', '$.text').optional(),
      output: path('What of record and answer is kept.', "$['id','SageMakerOutput']").optional(),
      join: choice({
        what: 'a way to join',
        values: ['None', 'Input'],
        describe: 'Input: every result is joined with its record.',
      }).prefault('None'),
    })
    .meta({ description: "SageMaker's data processing." });
}

function verify() {
  return z
    .strictObject({
      counts: flag({ describe: 'Whether every record must have its line in the output.' }).prefault(true),
      drift: z
        .strictObject({
          prediction: placePath('Where the predicted label stands in a line of the output.', {
            of: 'response',
            example: '$.SageMakerOutput.predictions[0].label',
          }),
          baseline: s3Prefix(
            'Manifest of the batch to compare with; by default the latest one before.',
            's3://out/reviews/2026-11-01/manifest.json'
          ).optional(),
          threshold: positiveNumber({
            example: 0.1,
            describe: 'Largest distance, 0 to 1, beyond what chance explains.',
          }).prefault(0.1),
          distance: choice({
            what: 'a distance',
            values: ['lInfinity', 'jensenShannon'],
            describe: 'How the distance of the shares of labels is measured.',
          }).prefault('lInfinity'),
          then: choice({
            what: 'a consequence',
            values: ['alert', 'fail'],
            describe: 'Say it and publish, or do not publish.',
          }).prefault('alert'),
        })
        .optional()
        .meta({ description: 'How far the predicted labels may have moved.' }),
    })
    .meta({ description: 'What is checked before results are published.' });
}

function challenger() {
  return z
    .strictObject({
      name: text({ what: 'a name', allowed: 'words', example: 'v9', describe: 'What reports call it.' }),
      model: challengerModel(),
      prediction: placePath('Where the predicted label stands in a line of the output.', {
        of: 'response',
        example: '$.SageMakerOutput.predictions[0].label',
      }),
    })
    .meta({ description: 'Another model that scores the same records in shadow; the difference is reported.' });
}

function parts() {
  return z
    .strictObject({
      size: size('What one transform job takes at most.', '10GB').prefault('10GB'),
      slice: size('Larger objects are cut between their lines, so that instances share them.', '256MB').prefault(
        '256MB'
      ),
      parallel: wholeNumber({ min: 1, example: 2, describe: 'Transform jobs at a time.' }).prefault(2),
    })
    .meta({ description: 'How the input becomes transform jobs.' });
}
