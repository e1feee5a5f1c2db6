import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, invoke, ROLE, settledEndpoint, startTestSandbox } from '../../support/sandbox/harness';
import { modelArchive } from '../../support/sandbox/train-linear';

describe('a model from a model package', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'models' });
    const Body = await modelArchive({ 'model.json': '{"version":7}' });
    await box.s3.putObject({ Bucket: 'models', Key: 'model.tar.gz', Body });
    await box.sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'g' });
  });
  afterAll(() => box.stop());

  const container = (reply: string) => ({
    Image: 'server:1',
    ModelDataUrl: 's3://models/model.tar.gz',
    Environment: { REPLY: reply, FROM: 'package' },
  });
  const register = async (approval: 'Approved' | 'Rejected' | 'PendingManualApproval', replies: readonly string[]) =>
    (
      await box.sagemaker.createModelPackage({
        ModelPackageGroupName: 'g',
        ModelApprovalStatus: approval,
        InferenceSpecification: { Containers: replies.map(container) },
        AdditionalInferenceSpecifications: [{ Name: 'compiled', Containers: [container('compiled')] }],
      })
    ).ModelPackageArn ?? '';

  async function deploy(name: string): Promise<void> {
    const one = { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 } as const;
    await box.sagemaker.createEndpointConfig({ EndpointConfigName: name, ProductionVariants: [one] });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    expect((await settledEndpoint(box.sagemaker, name)).EndpointStatus).toBe('InService');
  }

  test('runs the image and the artifact of the package, whatever becomes of the package afterwards', async () => {
    const { sagemaker } = box;
    const ModelPackageName = await register('Approved', ['seven']);
    const PrimaryContainer = { ModelPackageName, Environment: { FROM: 'model' } };
    await sagemaker.createModel({ ModelName: 'seven', ExecutionRoleArn: ROLE, PrimaryContainer });
    expect((await sagemaker.describeModel({ ModelName: 'seven' })).PrimaryContainer).toEqual(PrimaryContainer);
    await sagemaker.updateModelPackage({
      ModelPackageArn: ModelPackageName,
      ModelApprovalStatus: 'Rejected',
      InferenceSpecification: { Containers: [container('other')] },
    });
    await sagemaker.deleteModelPackage({ ModelPackageName });
    await deploy('seven');
    expect((await invoke(box.runtime, 'seven')).text).toBe('seven');
    expect((await invoke(box.runtime, 'seven', { body: '{"echo":"model"}' })).text).toBe('{"version":7}');
    const env: unknown = JSON.parse((await invoke(box.runtime, 'seven', { body: '{"echo":"env"}' })).text);
    expect(env).toMatchObject({ FROM: 'model', REPLY: 'seven' });
  });

  test('takes the additional specification that it names, and all containers of a pipeline', async () => {
    const { sagemaker } = box;
    const ModelPackageName = await register('Approved', ['first', 'last']);
    const compiled = { ModelPackageName, InferenceSpecificationName: 'compiled' };
    await sagemaker.createModel({ ModelName: 'compiled', ExecutionRoleArn: ROLE, PrimaryContainer: compiled });
    await sagemaker.createModel({ ModelName: 'piped', ExecutionRoleArn: ROLE, Containers: [{ ModelPackageName }] });
    await Promise.all([deploy('compiled'), deploy('piped')]);
    expect((await invoke(box.runtime, 'compiled')).text).toBe('compiled');
    expect((await invoke(box.runtime, 'piped')).text).toBe('last');
  });

  test('needs one that is approved and says all by itself', async () => {
    const { sagemaker } = box;
    const refused = async (PrimaryContainer: object) => {
      const error = await errorOf(sagemaker.createModel({ ModelName: 'no', PrimaryContainer }));
      expect(error.name).toBe('ValidationException');
      return error.message;
    };
    const pending = await register('PendingManualApproval', ['x']);
    expect(await refused({ ModelPackageName: pending })).toBe(
      `ModelPackage ${pending} cannot be used: its approval status is PendingManualApproval, not Approved.`
    );
    const rejected = await register('Rejected', ['x']);
    expect(await refused({ ModelPackageName: rejected })).toContain('is Rejected, not Approved');
    const good = await register('Approved', ['x']);
    expect(await refused({ ModelPackageName: good, Image: 'server:1' })).toMatch(/^Image cannot be specified/);
    expect(await refused({ ModelPackageName: good, InferenceSpecificationName: 'none' })).toContain('"none"');
    expect(await refused({ ModelPackageName: 'g/99' })).toMatch(/model-package\/g\/99 does not exist\.$/);
    expect((await errorOf(sagemaker.describeModel({ ModelName: 'no' }))).name).toBe('ValidationException');
    await sagemaker.updateModelPackage({ ModelPackageArn: pending, ModelApprovalStatus: 'Approved' });
    await sagemaker.createModel({
      ModelName: 'no',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { ModelPackageName: pending },
    });
  });

  test('of any approval can be allowed', async () => {
    const lenient = await startTestSandbox({ knobs: { packageApproval: 'never' } });
    await lenient.sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'g' });
    const { ModelPackageArn: ModelPackageName } = await lenient.sagemaker.createModelPackage({
      ModelPackageGroupName: 'g',
      InferenceSpecification: { Containers: [{ Image: 'server:1' }] },
    });
    await lenient.sagemaker.createModel({ ModelName: 'm', PrimaryContainer: { ModelPackageName } });
    await lenient.stop();
  });
});
