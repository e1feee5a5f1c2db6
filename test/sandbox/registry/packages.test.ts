import type { CreateModelPackageCommandInput } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, startTestSandbox, until, whileFrozen } from '../../support/sandbox/harness';

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';

describe('the model registry', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  const specification = (image = 'server:1') => ({
    Containers: [{ Image: image }],
    SupportedContentTypes: ['text/csv'],
    SupportedResponseMIMETypes: ['text/csv'],
  });
  const alone = (name: string): CreateModelPackageCommandInput => ({
    ModelPackageName: name,
    InferenceSpecification: {
      ...specification(),
      SupportedTransformInstanceTypes: ['ml.m5.large'],
      SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large'],
    },
  });
  const said = async (call: Promise<unknown>) => {
    const { name, message } = await errorOf(call);
    return [name, message];
  };
  const group = (name: string) => box.sagemaker.createModelPackageGroup({ ModelPackageGroupName: name });
  const version = async (of: string, more: Partial<CreateModelPackageCommandInput> = {}) =>
    (
      await box.sagemaker.createModelPackage({
        ModelPackageGroupName: of,
        InferenceSpecification: specification(),
        ...more,
      })
    ).ModelPackageArn ?? '';

  test('a group numbers its versions from 1, and never gives a number twice', async () => {
    const { sagemaker } = box;
    const created = await sagemaker.createModelPackageGroup({
      ModelPackageGroupName: 'Churn',
      ModelPackageGroupDescription: 'who leaves',
      Tags: [{ Key: 'team', Value: 'reviews' }],
    });
    expect(created.ModelPackageGroupArn).toBe(`${ARN}:model-package-group/churn`);
    expect(await sagemaker.describeModelPackageGroup({ ModelPackageGroupName: 'Churn' })).toMatchObject({
      ModelPackageGroupName: 'Churn',
      ModelPackageGroupDescription: 'who leaves',
      ModelPackageGroupStatus: 'Completed',
      CreatedBy: { IamIdentity: { Arn: expect.stringContaining('arn:aws:iam::123456789012:user/') } },
    });
    const arns = await Promise.all(Array.from({ length: 12 }, () => version('Churn')));
    expect(new Set(arns)).toEqual(new Set(Array.from({ length: 12 }, (_, i) => `${ARN}:model-package/churn/${i + 1}`)));
    await sagemaker.deleteModelPackage({ ModelPackageName: `${ARN}:model-package/churn/12` });
    await sagemaker.deleteModelPackage({ ModelPackageName: 'Churn/3' });
    expect(await version(created.ModelPackageGroupArn ?? '')).toBe(`${ARN}:model-package/churn/13`);
    const numbers: (number | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await sagemaker.listModelPackages({
        ...{ ModelPackageGroupName: 'Churn', MaxResults: 4, SortBy: 'Name', SortOrder: 'Descending' },
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      for (const { ModelPackageVersion: n, ModelPackageName: name } of page.ModelPackageSummaryList ?? []) {
        numbers.push(n);
        expect(name).toBeUndefined();
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(numbers).toEqual([13, 11, 10, 9, 8, 7, 6, 5, 4, 2, 1]);
    expect((await sagemaker.listTags({ ResourceArn: created.ModelPackageGroupArn })).Tags).toEqual([
      { Key: 'team', Value: 'reviews' },
    ]);
  });

  test('a version awaits approval, and keeps who approved it, why, and all that was before', async () => {
    const { sagemaker } = box;
    await group('approvals');
    const report = (name: string) => ({ ContentType: 'application/json', S3Uri: `s3://metrics/${name}.json` });
    const given: Partial<CreateModelPackageCommandInput> = {
      ModelPackageDescription: 'the first',
      ModelMetrics: { ModelQuality: { Statistics: report('statistics'), Constraints: report('constraints') } },
      DriftCheckBaselines: { ModelDataQuality: { Constraints: report('data') } },
      CustomerMetadataProperties: { commit: 'a1', dataset: 'd' },
      ModelCard: { ModelCardContent: '{"model_overview":{}}', ModelCardStatus: 'Draft' },
      SkipModelValidation: 'All',
      Domain: 'NATURAL_LANGUAGE_PROCESSING',
      Task: 'CLASSIFICATION',
    };
    const arn = await version('approvals', given);
    const before = await sagemaker.describeModelPackage({ ModelPackageName: arn });
    expect(before).toMatchObject({
      ...given,
      ModelPackageGroupName: 'approvals',
      ModelPackageVersion: 1,
      ModelPackageStatus: 'Completed',
      ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
      ModelApprovalStatus: 'PendingManualApproval',
      InferenceSpecification: specification(),
    });
    expect(before.LastModifiedTime).toBeUndefined();
    await sagemaker.updateModelPackage({
      ModelPackageArn: arn,
      ModelApprovalStatus: 'Approved',
      ApprovalDescription: 'better by 2 points',
      CustomerMetadataProperties: { commit: 'b2', owner: 'ana' },
      CustomerMetadataPropertiesToRemove: ['dataset'],
      ModelLifeCycle: { Stage: 'Production', StageStatus: 'Approved', StageDescription: 'by the board' },
    });
    const after = await sagemaker.describeModelPackage({ ModelPackageName: arn, IncludedData: 'MetadataOnly' });
    expect(after).toMatchObject({
      ModelApprovalStatus: 'Approved',
      ApprovalDescription: 'better by 2 points',
      CustomerMetadataProperties: { commit: 'b2', owner: 'ana' },
      ModelLifeCycle: { Stage: 'Production' },
      LastModifiedBy: { IamIdentity: {} },
      ModelCard: { ModelCardStatus: 'Draft' },
      ModelMetrics: given.ModelMetrics,
    });
    expect(after.ModelCard?.ModelCardContent).toBeUndefined();
    expect(after.LastModifiedTime).toBeInstanceOf(Date);
    await sagemaker.updateModelPackage({ ModelPackageArn: arn, ModelApprovalStatus: 'Rejected' });
    const url = `${box.sandbox.url}/_sandbox/model-packages?arn=${arn}`;
    const { events }: { readonly events: readonly { readonly detail: object }[] } = JSON.parse(
      await (await fetch(url)).text()
    );
    expect(events.map(({ detail }) => detail)).toMatchObject([
      { ModelApprovalStatus: 'PendingManualApproval', UpdatedModelPackageFields: [] },
      { ModelApprovalStatus: 'Approved', UpdatedModelPackageFields: expect.arrayContaining(['ModelApprovalStatus']) },
      { ModelApprovalStatus: 'Rejected', UpdatedModelPackageFields: ['ModelApprovalStatus'] },
    ]);
    await version('approvals');
    const listed = await sagemaker.listModelPackages({
      ModelPackageGroupName: 'approvals',
      ModelApprovalStatus: 'Rejected',
    });
    expect(listed.ModelPackageSummaryList).toMatchObject([{ ModelPackageArn: arn, ModelPackageVersion: 1 }]);
  });

  test('a call that is repeated with its token is done once, and one with another meaning is a conflict', async () => {
    const { sagemaker } = box;
    await group('tokens');
    const first = await version('tokens', { ClientToken: 't-1' });
    expect(await version('tokens', { ClientToken: 't-1' })).toBe(first);
    expect(await said(version('tokens', { ClientToken: 't-1', ModelPackageDescription: 'other' }))).toEqual([
      'ConflictException',
      'The ClientToken was used before, with other parameters.',
    ]);
    const approve = { ModelPackageArn: first, ModelApprovalStatus: 'Approved', ClientToken: 'u-1' } as const;
    await sagemaker.updateModelPackage(approve);
    await sagemaker.updateModelPackage({ ModelPackageArn: first, ModelApprovalStatus: 'Rejected', ClientToken: 'u-2' });
    // The first one's answer was late and it is sent again: the rejection stays.
    await sagemaker.updateModelPackage(approve);
    expect((await sagemaker.describeModelPackage({ ModelPackageName: first })).ModelApprovalStatus).toBe('Rejected');
    expect(await said(sagemaker.updateModelPackage({ ...approve, ApprovalDescription: 'x' }))).toEqual([
      'ConflictException',
      expect.any(String),
    ]);
  });

  test('a package of its own is looked at first, has tags, and no version and no approval', async () => {
    const { sagemaker } = box;
    await whileFrozen(box, async () => {
      await sagemaker.createModelPackage({ ...alone('single'), Tags: [{ Key: 'a', Value: '1' }] });
      expect(await sagemaker.describeModelPackage({ ModelPackageName: 'single' })).toMatchObject({
        ModelPackageArn: `${ARN}:model-package/single`,
        ModelPackageStatus: 'Pending',
        ModelPackageStatusDetails: { ImageScanStatuses: [{ Name: 'single', Status: 'NotStarted' }] },
      });
      const early = sagemaker.createModel({ ModelName: 'early', PrimaryContainer: { ModelPackageName: 'single' } });
      expect(await said(early)).toEqual([
        'ValidationException',
        `ModelPackage ${ARN}:model-package/single cannot be used: its status is Pending, not Completed.`,
      ]);
    });
    const done = await until(async () => {
      const described = await sagemaker.describeModelPackage({ ModelPackageName: 'single' });
      return described.ModelPackageStatus === 'Completed' && described;
    });
    expect(done.ModelApprovalStatus).toBeUndefined();
    expect(done.ModelPackageVersion).toBeUndefined();
    const listed = await sagemaker.listModelPackages({});
    expect(listed.ModelPackageSummaryList).toMatchObject([{ ModelPackageName: 'single' }]);
    expect(
      (await sagemaker.listModelPackages({ ModelPackageType: 'Both', NameContains: 'zzz' })).ModelPackageSummaryList
    ).toEqual([]);
    expect((await sagemaker.listTags({ ResourceArn: done.ModelPackageArn })).Tags).toEqual([{ Key: 'a', Value: '1' }]);
    await sagemaker.deleteModelPackage({ ModelPackageName: 'single' });
    expect((await errorOf(sagemaker.listTags({ ResourceArn: done.ModelPackageArn }))).name).toBe('ValidationException');
  });

  test('many are described at once, and what is wrong with some is told beside', async () => {
    await group('batch');
    const arns = [await version('batch'), await version('batch', { ModelApprovalStatus: 'Approved' })];
    const missing = `${ARN}:model-package/batch/9`;
    const answer = await box.sagemaker.batchDescribeModelPackage({ ModelPackageArnList: [...arns, missing] });
    expect(Object.keys(answer.ModelPackageSummaries ?? {})).toEqual(arns);
    expect(answer.ModelPackageSummaries?.[arns[1] ?? '']).toMatchObject({
      ModelPackageVersion: 2,
      ModelApprovalStatus: 'Approved',
      InferenceSpecification: specification(),
    });
    expect(answer.BatchDescribeModelPackageErrorMap).toEqual({
      [missing]: { ErrorCode: 'ValidationException', ErrorResponse: `ModelPackage ${missing} does not exist.` },
    });
  });

  test('policies of groups are kept and given back', async () => {
    const { sagemaker } = box;
    await group('shared');
    const at = { ModelPackageGroupName: 'shared' };
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    expect(await said(sagemaker.getModelPackageGroupPolicy(at))).toEqual([
      'ValidationException',
      `Cannot find resource policy for: ${ARN}:model-package-group/shared`,
    ]);
    expect((await errorOf(sagemaker.putModelPackageGroupPolicy({ ...at, ResourcePolicy: 'no' }))).name).toBe(
      'ValidationException'
    );
    await sagemaker.putModelPackageGroupPolicy({ ...at, ResourcePolicy });
    expect((await sagemaker.getModelPackageGroupPolicy(at)).ResourcePolicy).toBe(ResourcePolicy);
    await sagemaker.deleteModelPackageGroupPolicy(at);
    expect((await errorOf(sagemaker.getModelPackageGroupPolicy(at))).name).toBe('ValidationException');
  });

  test('is refused in the words that clients match on, and nothing is left behind', async () => {
    const { sagemaker } = box;
    await group('words');
    const arn = await version('words');
    const refusals: readonly (readonly [() => Promise<unknown>, string, string | RegExp])[] = [
      [
        () => group('words'),
        'ValidationException',
        `Model Package Group already exists: ${ARN}:model-package-group/words`,
      ],
      [
        () => version('none'),
        'ValidationException',
        `ModelPackageGroup ${ARN}:model-package-group/none does not exist.`,
      ],
      [
        () => sagemaker.describeModelPackage({ ModelPackageName: 'words/7' }),
        'ValidationException',
        `ModelPackage ${ARN}:model-package/words/7 does not exist.`,
      ],
      [
        () => sagemaker.deleteModelPackageGroup({ ModelPackageGroupName: 'words' }),
        'ConflictException',
        `Model Package Group cannot be deleted: ${ARN}:model-package-group/words still contains 1 Model Package(s).`,
      ],
      [() => version('words', { ModelPackageName: 'x' }), 'ValidationException', /^Both ModelPackageName and/],
      [() => sagemaker.createModelPackage({}), 'ValidationException', 'Missing ARN.'],
      [() => version('words', { Tags: [{ Key: 'k', Value: 'v' }] }), 'ValidationException', /^Tags are not supported/],
      [
        () => sagemaker.createModelPackage({ ...alone('u'), ModelApprovalStatus: 'Approved' }),
        'ValidationException',
        /^ModelApprovalStatus/,
      ],
      [
        () => sagemaker.createModelPackage({ ModelPackageName: 'u' }),
        'ValidationException',
        /^Either InferenceSpecification/,
      ],
      [
        () => sagemaker.createModelPackage({ ModelPackageName: 'u', InferenceSpecification: specification() }),
        'ValidationException',
        /^SupportedTransformInstanceTypes/,
      ],
      [
        () =>
          version('words', {
            InferenceSpecification: { Containers: [{ Image: 'i', ModelDataUrl: 's3://none/m.tar.gz' }] },
          }),
        'ValidationException',
        'Could not find model data at s3://none/m.tar.gz.',
      ],
      [
        () =>
          sagemaker.updateModelPackage({
            ModelPackageArn: arn,
            ModelCard: { ModelCardContent: 'no json' },
          }),
        'ValidationException',
        /valid JSON/,
      ],
    ];
    for (const [call, name, message] of refusals)
      expect(await said(call())).toEqual([
        name,
        typeof message === 'string' ? message : expect.stringMatching(message),
      ]);
    const properties = (from: number) =>
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${from + i}`, 'v']));
    await sagemaker.updateModelPackage({ ModelPackageArn: arn, CustomerMetadataProperties: properties(0) });
    const over = sagemaker.updateModelPackage({ ModelPackageArn: arn, CustomerMetadataProperties: properties(30) });
    expect((await errorOf(over)).message).toContain('more than 50');
    const left = await sagemaker.listModelPackages({ ModelPackageGroupName: 'words' });
    expect(left.ModelPackageSummaryList).toHaveLength(1);
    await sagemaker.deleteModelPackage({ ModelPackageName: arn });
    await sagemaker.deleteModelPackageGroup({ ModelPackageGroupName: 'words' });
    const groups = await sagemaker.listModelPackageGroups({ NameContains: 'words' });
    expect(groups.ModelPackageGroupSummaryList).toEqual([]);
  });

  test('what was just made can be hidden for a while, and calls can be struck by name', async () => {
    const { sandbox } = box;
    sandbox.faults.set([
      { id: 'late', match: { operation: 'CreateModelPackageGroup' }, then: { fault: 'hide', forProviderMs: 60_000 } },
      { id: 'slow', match: { resource: 'shy' }, when: { nth: 3 }, then: { fault: 'throttle' } },
    ]);
    await whileFrozen(box, async () => {
      await group('shy');
      expect((await errorOf(version('shy'))).message).toMatch(/does not exist\.$/);
      expect((await errorOf(group('shy'))).message).toBe('Rate exceeded');
      sandbox.clock.advance(60_000);
      expect(await version('shy')).toBe(`${ARN}:model-package/shy/1`);
    });
    sandbox.faults.clear();
  });
});
