import { expect, test } from '@jest/globals';
import { problemsOf, SHORTEST, specOf } from './support';

const BATCH = 'input: s3://data/in/, output: s3://out/reviews/';

test('the shortest batch has defaults for all else, and a place of its own for each run', () => {
  expect(specOf(`${SHORTEST}batch: [{ ${BATCH}, schedule: daily }]\n`).batch).toMatchObject([
    { name: 'batch', model: { kind: 'incumbent' }, output: 's3://out/reviews/{date}', split: 'Line', assemble: 'Line' },
  ]);
  expect(specOf(`${SHORTEST}batch: [{ ${BATCH}, schedule: hourly }]\n`).batch?.[0]?.output).toBe(
    's3://out/reviews/{time}'
  );
});

test.each([
  [`${BATCH}, schedule: "0 25 * * *"`, /hour is 25/, /./],
  [`${BATCH}, schedule: "cron(0 2 * * ? *)"`, /6 fields|fields/, /0 2 \* \* \*/],
  [`${BATCH}, schedule: daily, timezone: Europe/Berln`, /time zone/, /Europe\/Berlin/],
  ['input: "s3://data/{dat}/", output: s3://out/r/', /\{dat\}/, /\{date\}/],
  [`${BATCH}, payload: 60, concurrency: 2`, /120 MB, SageMaker takes 100/, /concurrency: 1/],
  [`${BATCH}, contentType: text/plain, filters: { join: Input }`, /take apart/, /application\/jsonlines/],
  [`${BATCH}, filters: { input: "$..a" }`, /no JSON path/, /after/],
  ['input: s3://data/in/, output: s3://data/in/out', /below `input`/, /another prefix/],
  ['input: s3://data/in/, output: "s3://out/{date}", schedule: hourly', /more often/, /\{hh\}/],
  [
    `${BATCH}, split: None, challenger: { name: v9, model: { existing: m }, prediction: $.a }`,
    /no lines/,
    /split: Line/,
  ],
  [`${BATCH}, model: { container: { image: a, mode: multiModel, artifacts: s3://abc/d } }`, /multi-model/, /one model/],
])('%s is refused with its remedy', (batch, message, remedy) => {
  const problems = problemsOf(`${SHORTEST}batch: [{ ${batch} }]\n`);
  expect(problems.map((one) => `${one.message} ${one.path}`).join('\n')).toMatch(message);
  expect(problems.map((one) => one.remedy).join('\n')).toMatch(remedy);
  expect(problems[0]?.line).toBe(6);
});

test('two mistakes of a batch, and two batches of one name, are told at once', () => {
  const text = `${SHORTEST}batch: [{ ${BATCH}, payload: 0, overlap: skipp }, { ${BATCH} }]\n`;
  expect(
    problemsOf(text)
      .map(({ path }) => path)
      .sort()
  ).toEqual(['batch[0].overlap', 'batch[0].payload', 'batch[1].name']);
});
