import { validationException } from '../wire/errors';
import type { AutoScalingContext } from './context';
import { resourceNotFound, tooManyTags } from './errors';
import type { ScalingHandlers } from './operations';
import type { TargetRecord } from './records';

const MAX_TAGS = 50;

/** Tags of scalable targets, by their ARN. */
export function tagHandlers(
  context: AutoScalingContext
): ScalingHandlers<'TagResource' | 'UntagResource' | 'ListTagsForResource'> {
  const { targets } = context.tables;
  const find = (arn: string): TargetRecord => {
    const target = targets.all().find((candidate) => candidate.arn === arn);
    if (!target) throw resourceNotFound(arn);
    return target;
  };
  return {
    TagResource: async (input) => {
      const target = find(input.ResourceARN);
      const tags = { ...target.tags, ...input.Tags };
      assertTags(target.arn, input.Tags);
      if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(target.arn, MAX_TAGS);
      targets.put({ ...target, tags });
      return {};
    },

    UntagResource: async (input) => {
      const target = find(input.ResourceARN);
      const kept = Object.entries(target.tags).filter(([key]) => !input.TagKeys.includes(key));
      targets.put({ ...target, tags: Object.fromEntries(kept) });
      return {};
    },

    ListTagsForResource: async (input) => ({ Tags: { ...find(input.ResourceARN).tags } }),
  };
}

/** Throws ValidationException for reserved keys and TooManyTagsException for too many. */
export function assertTags(arn: string, tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).some((key) => key.toLowerCase().startsWith('aws:')))
    throw validationException('Tag keys that begin with aws: are reserved for AWS use.');
  if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(arn, MAX_TAGS);
}
