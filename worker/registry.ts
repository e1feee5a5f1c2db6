import { AddTagsCommand, ListModelPackagesCommand, ListTagsCommand } from '@aws-sdk/client-sagemaker';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { translated } from '../activities/failures';
import type { ApprovedVersion, Following, Handed, RegistryActivities } from '../activities/registry-types';
import type { AwsClients } from '../sagemaker/clients';
import type { RolloutSpec } from '../spec/types';
import { submitUpdate } from '../workflows/messages';
import { ownerStart } from './owner';

/** SageMaker takes variants of 63 characters. */
const NAME_ROOM = 52;

/** Following the model registry needs Temporal beside AWS: the endpoint's owner is a workflow. */
export function createRegistryActivities({ aws }: { readonly aws: AwsClients }): RegistryActivities {
  return {
    newestApproved: (input) => translated(`read model package group ${input.group}`, () => newestApproved(aws, input)),
    handOver: ({ version, ...following }) =>
      translated(`hand over ${following.group}/${version.version}`, () => handOver(aws, following, version)),
  };
}

async function newestApproved(aws: AwsClients, { group, spec }: Following): Promise<ApprovedVersion | null> {
  let newest: Omit<ApprovedVersion, 'rollout'> | null = null;
  let next: string | undefined;
  do {
    const page = await aws.sagemaker.send(
      new ListModelPackagesCommand({
        ModelPackageGroupName: group,
        ModelApprovalStatus: 'Approved',
        ...(next !== undefined && { NextToken: next }),
      })
    );
    for (const {
      ModelPackageArn: arn,
      ModelPackageVersion: version = 0,
      ModelPackageStatus,
    } of page.ModelPackageSummaryList ?? [])
      if (arn !== undefined && ModelPackageStatus === 'Completed' && version > (newest?.version ?? 0))
        newest = { arn, version };
    next = page.NextToken;
  } while (next !== undefined);
  if (newest === null) return null;
  const tags = await aws.sagemaker.send(new ListTagsCommand({ ResourceArn: newest.arn, MaxResults: 100 }));
  return { ...newest, rollout: tags.Tags?.find(({ Key }) => Key === tagOf(spec))?.Value ?? null };
}

async function handOver(aws: AwsClients, following: Following, { arn, version }: ApprovedVersion): Promise<Handed> {
  const { group, who, searchAttributes } = following;
  const spec = specFor(following, arn, version);
  const { client, info } = Context.current();
  try {
    const { rolloutId, isQueued } = await client.workflow.executeUpdateWithStart(submitUpdate, {
      startWorkflowOperation: ownerStart({ endpoint: spec.endpoint, taskQueue: info.taskQueue, searchAttributes }),
      args: [{ spec, who: `${who}, following ${group}` }],
      // Should the answer or the tag be lost, the owner answers the repetition as it did before.
      updateId: arn,
    });
    await aws.sagemaker.send(new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: tagOf(spec), Value: rolloutId }] }));
    return { kind: isQueued ? 'queued' : 'started', rollout: rolloutId, version };
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
    if (error.cause.type !== 'RolloutRunning') throw error;
    return { kind: 'refused', reason: error.cause.message, version };
  }
}

/** Written on the version: which rollout of this endpoint it went to. */
function tagOf({ endpoint: name }: RolloutSpec): string {
  return `sluice:rollout:${name}`;
}

function specFor({ group, spec }: Following, arn: string, version: number): RolloutSpec {
  const [candidate] = spec.candidates;
  const name = `${group.slice(0, NAME_ROOM).replace(/-+$/, '')}-${version}`;
  return { ...spec, candidates: [{ ...candidate, name, model: { kind: 'package', package: arn } }] };
}
