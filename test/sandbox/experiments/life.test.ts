import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  errorOf,
  invoke,
  settledEndpoint,
  startTestSandbox,
  until,
  whileFrozen,
} from '../../support/sandbox/harness';
import {
  experimentable,
  experimentIn,
  experimentOn,
  variantOf,
  variantStatuses,
} from '../../support/sandbox/experiments';

const DAY_MS = 86_400_000;

describe('an inference experiment', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ seed: 11, knobs: { instancesPerType: 100 } });
    await box.s3.createBucket({ Bucket: 'captured' });
  });
  afterAll(() => box.stop());

  async function running(name: string, ...more: Parameters<typeof experimentOn>[1][]) {
    await experimentable(box.sagemaker, name);
    await box.sagemaker.createInferenceExperiment(experimentOn(name, more[0]));
    return experimentIn(box, name, 'Running', 'Cancelled');
  }

  async function copies(endpoint: string): Promise<number> {
    await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    const nowMs = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      ...{ Namespace: 'AWS/SageMaker', MetricName: 'Invocations', Period: 86_400, Statistics: ['Sum'] },
      Dimensions: [
        { Name: 'EndpointName', Value: endpoint },
        { Name: 'VariantName', Value: 'dark' },
      ],
      StartTime: new Date(nowMs - DAY_MS),
      EndTime: new Date(nowMs + DAY_MS),
    });
    return points.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  test('starts at once, copies live requests for 7 days, and gives the endpoint back what it had', async () => {
    const { sagemaker, sandbox } = box;
    await experimentable(sagemaker, 'week');
    await whileFrozen(box, async () => {
      const { InferenceExperimentArn: arn } = await sagemaker.createInferenceExperiment(
        experimentOn('week', { Description: 'new words', Tags: [{ Key: 'a', Value: 'b' }] })
      );
      expect(arn).toBe('arn:aws:sagemaker:us-east-1:123456789012:inference-experiment/week');
      const created = await sagemaker.describeInferenceExperiment({ Name: 'week' });
      expect(created).toMatchObject({
        ...{ Status: 'Creating', Type: 'ShadowMode', Description: 'new words' },
        EndpointMetadata: { EndpointName: 'week', EndpointConfigName: 'week', EndpointStatus: 'InService' },
      });
      expect(variantStatuses(created)).toEqual({ live: 'InService', dark: 'Creating' });
      expect((await sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([{ Key: 'a', Value: 'b' }]);
      expect((await errorOf(sagemaker.deleteInferenceExperiment({ Name: 'week' }))).name).toBe('ConflictException');
    });
    const started = await experimentIn(box, 'week', 'Running');
    const { StartTime: from, EndTime: to } = started.Schedule ?? {};
    expect(Number(to) - Number(from)).toBe(7 * DAY_MS);
    expect(variantStatuses(started)).toEqual({ live: 'InService', dark: 'InService' });
    const config = started.EndpointMetadata?.EndpointConfigName ?? '';
    expect(config).toMatch(/^week-shadow-[0-9a-f]{8}$/);
    expect(await sagemaker.describeEndpointConfig({ EndpointConfigName: config })).toMatchObject({
      ProductionVariants: [{ VariantName: 'live', ModelName: 'week-live', InitialVariantWeight: 2 }],
      ShadowProductionVariants: [{ VariantName: 'dark', ModelName: 'week-dark', InitialVariantWeight: 2 }],
    });
    for (let i = 0; i < 5; i += 1) expect((await invoke(box.runtime, 'week')).text).toBe('live');
    await until(async () => (await copies('week')) === 5);

    sandbox.clock.advance(6 * DAY_MS);
    expect((await sagemaker.describeInferenceExperiment({ Name: 'week' })).Status).toBe('Running');
    sandbox.clock.advance(DAY_MS);
    const over = await experimentIn(box, 'week', 'Completed', 'Cancelled');
    expect(over).toMatchObject({ Status: 'Completed', CompletionTime: expect.any(Date) });
    expect(over.StatusReason).toBeUndefined();
    expect(variantStatuses(over)).toEqual({ live: 'InService', dark: 'Deleted' });
    const endpoint = await settledEndpoint(sagemaker, 'week');
    expect(endpoint).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'week' });
    expect(endpoint.ShadowProductionVariants).toBeUndefined();
    await sagemaker.deleteInferenceExperiment({ Name: 'week' });
    expect(await errorOf(sagemaker.describeInferenceExperiment({ Name: 'week' }))).toMatchObject({
      name: 'ResourceNotFound',
      message: expect.stringContaining('inference-experiment/week'),
    });
    expect((await settledEndpoint(sagemaker, 'week')).EndpointStatus).toBe('InService');
  });

  test('waits for its start, can be changed before, and be started by hand', async () => {
    const { sagemaker, sandbox } = box;
    await experimentable(sagemaker, 'later');
    const at = (days: number) => new Date(Math.floor(sandbox.clock.now() / 1_000) * 1_000 + days * DAY_MS);
    const [start, end] = [at(2), at(4)];
    await sagemaker.createInferenceExperiment(
      experimentOn('later', { Schedule: { StartTime: start, EndTime: end }, samplingPct: 10 })
    );
    expect((await experimentIn(box, 'later', 'Created', 'Starting')).Status).toBe('Created');
    await sagemaker.createModel({ ModelName: 'later-2', PrimaryContainer: { Image: 'server:1' } });
    await sagemaker.updateInferenceExperiment({
      Name: 'later',
      Schedule: { StartTime: at(3) },
      Description: 'changed',
      ModelVariants: [variantOf('darker', 'later-2', 2)],
      ShadowModeConfig: {
        SourceModelVariantName: 'live',
        ShadowModelVariants: [{ ShadowModelVariantName: 'darker', SamplingPercentage: 50 }],
      },
    });
    const changed = await experimentIn(box, 'later', 'Created');
    expect(changed).toMatchObject({ Description: 'changed', Schedule: { EndTime: end } });
    expect(variantStatuses(changed)).toEqual({ live: 'InService', darker: 'Creating' });
    sandbox.clock.advance(2.5 * DAY_MS);
    expect((await sagemaker.describeInferenceExperiment({ Name: 'later' })).Status).toBe('Created');
    expect((await settledEndpoint(sagemaker, 'later')).EndpointConfigName).toBe('later');
    await sagemaker.startInferenceExperiment({ Name: 'later' });
    const started = await experimentIn(box, 'later', 'Running', 'Cancelled');
    expect(started).toMatchObject({ Status: 'Running', Schedule: { EndTime: end } });
    expect((await settledEndpoint(sagemaker, 'later')).ShadowProductionVariants).toMatchObject([
      { VariantName: 'darker', CurrentInstanceCount: 2, CurrentWeight: 1 },
    ]);
    expect((await errorOf(sagemaker.startInferenceExperiment({ Name: 'later' }))).name).toBe('ConflictException');
    sandbox.clock.set(end.getTime());
    expect((await experimentIn(box, 'later', 'Completed', 'Cancelled')).Status).toBe('Completed');
  });

  test('starts by its schedule', async () => {
    await experimentable(box.sagemaker, 'noon');
    const start = new Date(box.sandbox.clock.now() + DAY_MS);
    await box.sagemaker.createInferenceExperiment(experimentOn('noon', { Schedule: { StartTime: start } }));
    await experimentIn(box, 'noon', 'Created');
    box.sandbox.clock.advance(DAY_MS);
    expect((await experimentIn(box, 'noon', 'Running', 'Cancelled')).Status).toBe('Running');
    await box.sagemaker.stopInferenceExperiment({ Name: 'noon', ModelVariantActions: { dark: 'Remove' } });
    await experimentIn(box, 'noon', 'Cancelled');
  });

  test('stores requests and answers of both variants where it is told', async () => {
    const storage = { Destination: 's3://captured/experiment', ContentType: { CsvContentTypes: ['text/csv'] } };
    await running('stored', { DataStorageConfig: storage });
    await invoke(box.runtime, 'stored');
    const folders = await until(async () => {
      await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
      const { Contents: found = [] } = await box.s3.listObjectsV2({ Bucket: 'captured', Prefix: 'experiment/stored/' });
      const names = new Set(found.map(({ Key = '' }) => Key.split('/')[2]));
      return names.size === 2 && names;
    });
    expect(folders).toEqual(new Set(['live', 'dark']));
    expect((await box.sagemaker.describeInferenceExperiment({ Name: 'stored' })).DataStorageConfig).toEqual(storage);
    await box.sagemaker.stopInferenceExperiment({
      Name: 'stored',
      ModelVariantActions: { live: 'Retain', dark: 'Remove' },
    });
    await experimentIn(box, 'stored', 'Cancelled');
    expect((await settledEndpoint(box.sagemaker, 'stored')).DataCaptureConfig).toBeUndefined();
  });

  test('while it runs, only its description, its end and its sampling can be changed', async () => {
    const { sagemaker, sandbox } = box;
    const before = await running('edited', { samplingPct: 0 });
    for (let i = 0; i < 5; i += 1) await invoke(box.runtime, 'edited');
    const shadowMode = (pct: number, name = 'dark') => ({
      SourceModelVariantName: 'live',
      ShadowModelVariants: [{ ShadowModelVariantName: name, SamplingPercentage: pct }],
    });
    await sagemaker.updateInferenceExperiment({ Name: 'edited', ShadowModeConfig: shadowMode(100) });
    const changed = await experimentIn(box, 'edited', 'Running');
    expect(changed.EndpointMetadata?.EndpointConfigName).toBe(before.EndpointMetadata?.EndpointConfigName);
    for (let i = 0; i < 3; i += 1) await invoke(box.runtime, 'edited');
    await until(async () => (await copies('edited')) === 3);
    const end = new Date(Math.floor(sandbox.clock.now() / 1_000) * 1_000 + 10 * DAY_MS);
    await sagemaker.updateInferenceExperiment({ Name: 'edited', Schedule: { EndTime: end }, Description: 'longer' });
    expect(await sagemaker.describeInferenceExperiment({ Name: 'edited' })).toMatchObject({
      ...{ Status: 'Running', Description: 'longer', Schedule: { EndTime: end } },
    });
    const refusals = [
      { ModelVariants: [variantOf('dark', 'edited-dark', 2)] },
      { DataStorageConfig: { Destination: 's3://captured/x' } },
      { ShadowModeConfig: shadowMode(50, 'other') },
      { Schedule: { StartTime: end } },
      { Schedule: { EndTime: new Date(sandbox.clock.now() + 40 * DAY_MS) } },
      { Schedule: { EndTime: new Date(0) } },
    ];
    for (const change of refusals)
      expect((await errorOf(sagemaker.updateInferenceExperiment({ Name: 'edited', ...change }))).name).toBe(
        'ValidationException'
      );
    await sagemaker.stopInferenceExperiment({ Name: 'edited', ModelVariantActions: { dark: 'Remove' } });
    await experimentIn(box, 'edited', 'Cancelled');
  });

  test('ends as Cancelled, and says why, when its shadow cannot start, and the endpoint serves on', async () => {
    const { sagemaker } = box;
    await experimentable(sagemaker, 'broken', { env: { EXIT_AT_START: '3' } });
    await sagemaker.createInferenceExperiment(experimentOn('broken'));
    const over = await experimentIn(box, 'broken', 'Running', 'Cancelled');
    expect(over).toMatchObject({ Status: 'Cancelled', StatusReason: expect.stringContaining('ping health check') });
    expect(variantStatuses(over)).toEqual({ live: 'InService', dark: 'Deleted' });
    expect(await settledEndpoint(sagemaker, 'broken')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'broken',
    });
    expect((await invoke(box.runtime, 'broken')).text).toBe('live');
  });

  test('ends as Cancelled when its endpoint is changed from outside or deleted, and does not touch it', async () => {
    const { sagemaker } = box;
    await running('taken');
    await createConfig(sagemaker, { name: 'taken-2', variants: [{ name: 'live' }] });
    await sagemaker.updateEndpoint({ EndpointName: 'taken', EndpointConfigName: 'taken-2' });
    expect((await experimentIn(box, 'taken', 'Completed', 'Cancelled')).StatusReason).toContain('taken-2 from outside');
    expect((await settledEndpoint(sagemaker, 'taken')).EndpointConfigName).toBe('taken-2');
    await sagemaker.createInferenceExperiment(
      experimentOn('taken', {
        Name: 'again',
        ModelVariants: [variantOf('live', 'taken-2-live'), variantOf('dark', 'taken-dark')],
      })
    );
    await experimentIn(box, 'again', 'Running');
    await sagemaker.deleteEndpoint({ EndpointName: 'taken' });
    expect((await experimentIn(box, 'again', 'Completed', 'Cancelled')).StatusReason).toMatch(
      /^Endpoint taken (is Deleting|was deleted)\.$/
    );
  });

  test('are listed by status, name and time', async () => {
    const { InferenceExperiments: all = [] } = await box.sagemaker.listInferenceExperiments({
      SortBy: 'Name',
      SortOrder: 'Ascending',
      MaxResults: 100,
    });
    expect(all.map(({ Name }) => Name)).toEqual(['again', 'broken', 'edited', 'later', 'noon', 'stored', 'taken']);
    const { InferenceExperiments: done = [] } = await box.sagemaker.listInferenceExperiments({
      StatusEquals: 'Completed',
      NameContains: 'la',
    });
    expect(done).toMatchObject([{ Name: 'later', Type: 'ShadowMode', Status: 'Completed' }]);
  });
});
