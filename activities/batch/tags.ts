import type { Tag } from '@aws-sdk/client-sagemaker';
import type { BatchRequest } from '../../batch';
import { tagList, TAGS } from '../../sagemaker/names';

/** Tags of everything that a run makes at SageMaker. */
export function batchTags({ endpoint, aws, id }: BatchRequest & { readonly id: string }): Tag[] {
  const own = { [TAGS.endpoint]: endpoint, [TAGS.batch]: id };
  return tagList({ ...aws.tags, ...own });
}
