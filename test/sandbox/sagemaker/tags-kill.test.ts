import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import { ROLE, startTestSandbox } from '../../support/sandbox/harness';

const Tags = [{ Key: 'of', Value: 'the first' }];
const PACKAGE = 'arn:aws:sagemaker:us-east-1:123456789012:model-package';
const INSIDE = { InferenceSpecification: { Containers: [{ Image: 'server:1' }] } };

/** What can be tagged when it is made, with the shapes that names in ARNs have. */
const RESOURCES = {
  model: {
    arn: 'arn:aws:sagemaker:us-east-1:123456789012:model/m',
    make: ({ sagemaker }: TestSandbox, tags?: typeof Tags) =>
      sagemaker.createModel({ ...{ ModelName: 'M', ExecutionRoleArn: ROLE, Tags: tags }, PrimaryContainer: { Image: 'server:1' } }),
    remove: ({ sagemaker }: TestSandbox) => sagemaker.deleteModel({ ModelName: 'M' }),
  },
  package: {
    arn: `${PACKAGE}/p`,
    make: ({ sagemaker }: TestSandbox, tags?: typeof Tags) => sagemaker.createModelPackage({
      ...{ ModelPackageName: 'p', Tags: tags },
      InferenceSpecification: { ...INSIDE.InferenceSpecification, SupportedTransformInstanceTypes: ['ml.m5.large'], SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large'] },
    }),
    remove: ({ sagemaker }: TestSandbox) => sagemaker.deleteModelPackage({ ModelPackageName: 'p' }),
  },
  group: {
    arn: `${PACKAGE}-group/g`,
    make: ({ sagemaker }: TestSandbox, tags?: typeof Tags) => sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'g', Tags: tags }),
    remove: ({ sagemaker }: TestSandbox) => sagemaker.deleteModelPackageGroup({ ModelPackageGroupName: 'g' }),
  },
}; // prettier-ignore

describe('a kill between the records of a resource and of its tags', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-tags-'));
  const log = path.join(dir, 'state', 'log.jsonl');
  const lines = () => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  let box: TestSandbox;
  // A sandbox that a failed test leaves would keep the next ones from its directory.
  afterEach(() => box.stop());
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Nothing comes of itself, or the record of a package's check could be the one before the cut. */
  const start = () => startTestSandbox({ dataDir: dir, speed: 1e-6 });

  /** What a kill leaves that comes before the n-th record of what is done. */
  async function cutAfter(records: number, act: (first: TestSandbox) => Promise<unknown>): Promise<void> {
    box = await start();
    const before = lines().length;
    await act(box);
    await box.stop();
    const after = lines();
    // Resource and tags are two records, or the test cuts nothing.
    expect(after.length).toBeGreaterThan(before + records);
    writeFileSync(log, `${after.slice(0, before + records).join('\n')}\n`);
  }

  test.each(Object.entries(RESOURCES))(
    'leaves no tags to the next %s of that name',
    async (_, { arn, make, remove }) => {
      await cutAfter(1, (first) => make(first, Tags));
      box = await start();
      await make(box);
      expect((await box.sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([]);
      await box.sagemaker.addTags({ ResourceArn: arn, Tags });
      await box.stop();

      await cutAfter(1, remove);
      box = await start();
      await make(box);
      expect((await box.sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([]);
      await box.sagemaker.addTags({ ResourceArn: arn, Tags });
      await box.stop();

      // Tags of what is there are kept.
      box = await start();
      expect((await box.sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual(Tags);
      await box.stop();
    }
  );
});
