import { afterEach, describe, expect, test } from '@jest/globals';
import type { SandboxOptions } from '../../../sandbox/options';
import type { Knobs } from '../../../sandbox/knobs/knobs';
import { experimentable, experimentIn, experimentOn } from '../../support/sandbox/experiments';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createConfig, errorOf, settledEndpoint, startTestSandbox, until } from '../../support/sandbox/harness';

/** Each switch is turned away from its default; what happens with the default, the tests of registry and experiments show. */
describe('the switches of registry and experiments', () => {
  let box: TestSandbox;
  afterEach(() => box.stop());

  async function start(knobs: Partial<Knobs>, more: SandboxOptions = {}): Promise<void> {
    box = await startTestSandbox({ knobs, ...more });
    await box.sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'g' });
  }

  const version = (image = 'server:1', more = {}) =>
    box.sagemaker.createModelPackage({
      ModelPackageGroupName: 'g',
      InferenceSpecification: { Containers: [{ Image: image, ...more }] },
    });

  test('numbers and states of versions, artifacts that are not there, and how a model from a package is described', async () => {
    await start({
      ...{ versionNumbers: 'reused', packageData: 'unchecked', packagedContainer: 'resolved' },
      ...{ versionStatus: 'checked', packageApproval: 'never', packageCheckMs: 86_400_000 },
    });
    const { ModelPackageArn: first } = await version('server:1', { ModelDataUrl: 's3://none/model.tar.gz' });
    await box.sagemaker.deleteModelPackage({ ModelPackageName: first });
    const { ModelPackageArn: second = '' } = await version();
    expect(second).toBe(first);
    const { ModelPackageStatus: status } = await box.sagemaker.describeModelPackage({ ModelPackageName: second });
    expect(['Pending', 'InProgress']).toContain(status);
    for (let now = status; now !== 'Completed';) {
      box.sandbox.clock.advance(86_400_000);
      now = (await box.sagemaker.describeModelPackage({ ModelPackageName: second })).ModelPackageStatus;
    }
    await box.sagemaker.createModel({ ModelName: 'm', PrimaryContainer: { ModelPackageName: second } });
    expect((await box.sagemaker.describeModel({ ModelName: 'm' })).PrimaryContainer).toMatchObject({
      Image: 'server:1',
    });
  });

  test('how stopped experiments end, under which name a shadow is promoted, and what becomes of configurations', async () => {
    await start({
      stoppedExperiment: 'Completed',
      promotedVariant: 'productionName',
      experimentConfigs: 'deleted',
      shadowWeights: 'refused',
    });
    const { sagemaker } = box;
    await experimentable(sagemaker, 'e');
    await sagemaker.createInferenceExperiment(experimentOn('e', { samplingPct: 10 }));
    const running = await experimentIn(box, 'e', 'Running');
    const config = { EndpointConfigName: running.EndpointMetadata?.EndpointConfigName };
    await sagemaker.describeEndpointConfig(config);
    // Customers may not change a shadow's weight here, but the experiment may.
    const { ShadowModeConfig } = experimentOn('e', { samplingPct: 50 });
    await sagemaker.updateInferenceExperiment({ Name: 'e', ShadowModeConfig });
    await experimentIn(box, 'e', 'Running');
    await sagemaker.stopInferenceExperiment({ Name: 'e', ModelVariantActions: { live: 'Remove', dark: 'Promote' } });
    expect((await experimentIn(box, 'e', 'Completed', 'Cancelled')).Status).toBe('Completed');
    const { ProductionVariants: variants } = await settledEndpoint(sagemaker, 'e');
    expect(variants).toMatchObject([{ VariantName: 'live' }]);
    expect((await errorOf(sagemaker.describeEndpointConfig(config))).message).toMatch(
      /^Could not find endpoint config/
    );
  });

  test('the name of a version can be left out, and creating an experiment takes as long as it is told', async () => {
    await start({ versionName: 'omitted', experimentMs: 86_400_000 }, { checkOutputs: false });
    const { sagemaker, sandbox } = box;
    const { ModelPackageArn: ModelPackageName } = await version();
    const described = await sagemaker.describeModelPackage({ ModelPackageName });
    expect([described.ModelPackageName, described.ModelPackageGroupName]).toEqual([undefined, 'g']);
    await experimentable(sagemaker, 'e');
    await sagemaker.createInferenceExperiment(experimentOn('e'));
    sandbox.clock.advance(80_000_000);
    await sandbox.clock.wait(60_000);
    expect((await sagemaker.describeInferenceExperiment({ Name: 'e' })).Status).toBe('Creating');
    // Starting takes as long again.
    await until(async () => {
      sandbox.clock.advance(10_000_000);
      return (await sagemaker.describeInferenceExperiment({ Name: 'e' })).Status === 'Running';
    });
  });

  test('an experiment that goes on although its endpoint was changed, and one that cannot be deleted before it starts', async () => {
    await start({ changedEndpoint: 'ignored', scheduledExperimentDeletion: 'refused', experimentMs: 0 });
    const { sagemaker, sandbox } = box;
    await experimentable(sagemaker, 'e');
    const StartTime = new Date(sandbox.clock.now() + 3_600_000);
    await sagemaker.createInferenceExperiment(experimentOn('e', { Schedule: { StartTime } }));
    await experimentIn(box, 'e', 'Created');
    expect((await errorOf(sagemaker.deleteInferenceExperiment({ Name: 'e' }))).name).toBe('ConflictException');
    await sagemaker.startInferenceExperiment({ Name: 'e' });
    await experimentIn(box, 'e', 'Running');
    await createConfig(sagemaker, { name: 'other', variants: [{ name: 'live' }] });
    await sagemaker.updateEndpoint({ EndpointName: 'e', EndpointConfigName: 'other' });
    expect((await settledEndpoint(sagemaker, 'e')).EndpointConfigName).toBe('other');
    await sagemaker.stopInferenceExperiment({
      Name: 'e',
      ModelVariantActions: { dark: 'Remove' },
      DesiredState: 'Completed',
    });
    expect((await experimentIn(box, 'e', 'Completed', 'Cancelled')).Status).toBe('Completed');
    expect((await settledEndpoint(sagemaker, 'e')).EndpointConfigName).toBe('e');
  });
});
