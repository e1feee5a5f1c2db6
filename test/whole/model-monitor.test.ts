import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withDevServer } from '../support/dev-server';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
});
afterAll(() => stack.stop());

test('Model Monitor makes the baseline before the rollout, joins the labels of a window, and what it finds alerts', async () => {
  const quality = aMonitor({ engine: 'modelMonitor', options: {}, onViolation: ['alert'] });
  const spec = world.fileOf({ endpoint: 'foreign', candidate: 'v1', env: { WRONG: '0.4' } }, [quality]);
  const startMs = await world.deployed(spec);
  const result = await world.judge(spec, quality, startMs + 6_000);
  expect(result).toMatchObject({
    engine: 'modelMonitor',
    outcome: { verdict: 'fail' },
    consequences: [{ policy: 'alert', heldBack: null }],
  });
  expect(result.outcome.rows.used).toBeGreaterThan(50);
  expect(result.outcome.violations).toContainEqual(
    expect.objectContaining({ subject: 'accuracy', check: 'LessThanThreshold' })
  );
  const sagemaker = stack.sagemaker();
  const { ProcessingJobSummaries: jobs = [] } = await sagemaker.listProcessingJobs({ NameContains: 'foreign-quality' });
  sagemaker.destroy();
  expect(jobs.map(({ ProcessingJobName: name, ProcessingJobStatus: status }) => [name?.slice(-6), status])).toEqual(
    expect.arrayContaining([['-merge', 'Completed']])
  );
  // The baseline, the labels, the judgement.
  expect(jobs).toHaveLength(3);
  expect((await world.owner('foreign')).monitors).toMatchObject([{ name: 'quality', last: { verdict: 'fail' } }]);
});
