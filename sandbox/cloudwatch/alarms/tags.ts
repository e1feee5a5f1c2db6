import type {
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  Tag,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-cloudwatch';
import type { CloudWatchContext } from '../context';
import { CloudWatchError, invalid, required } from '../errors';
import type { Alarm, Tags } from './types';

const MAX_TAGS = 50;

/** Checks a tag list; throws InvalidParameterValue. */
export function toTags(list: readonly Tag[] | undefined): Tags {
  const tags = new Map((list ?? []).map(({ Key, Value }) => [required(Key, 'Tags.member.Key'), Value ?? '']));
  if (tags.size > MAX_TAGS) throw invalid(`The collection Tags must not have a size greater than ${MAX_TAGS}.`);
  return Object.fromEntries(tags);
}

export function listTagsForResource(
  input: ListTagsForResourceInput,
  context: CloudWatchContext
): ListTagsForResourceOutput {
  const { tags } = taggedAlarm(input.ResourceARN, context);
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

export function tagResource(input: TagResourceInput, context: CloudWatchContext): object {
  const alarm = taggedAlarm(input.ResourceARN, context);
  const tags = { ...alarm.tags, ...toTags(input.Tags) };
  if (Object.keys(tags).length > MAX_TAGS) throw invalid(`A resource has at most ${MAX_TAGS} tags.`);
  context.alarms.put({ ...alarm, tags });
  return {};
}

export function untagResource(input: UntagResourceInput, context: CloudWatchContext): object {
  const alarm = taggedAlarm(input.ResourceARN, context);
  const removed = new Set(required(input.TagKeys, 'TagKeys'));
  const kept = Object.entries(alarm.tags).filter(([key]) => !removed.has(key));
  context.alarms.put({ ...alarm, tags: Object.fromEntries(kept) });
  return {};
}

function taggedAlarm(arn: string | undefined, { alarms }: CloudWatchContext): Alarm {
  const name = /^arn:[^:]+:cloudwatch:[^:]*:\d*:alarm:(.+)$/.exec(required(arn, 'ResourceARN'))?.[1];
  const alarm = name === undefined ? undefined : alarms.get(name);
  if (!alarm) throw new CloudWatchError('ResourceNotFoundException', `The resource ${arn} does not exist.`);
  return alarm;
}
