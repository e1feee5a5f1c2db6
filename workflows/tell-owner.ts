import type { SignalDefinition } from '@temporalio/common';
import { CancellationScope, getExternalWorkflowHandle, log, setHandler, workflowInfo } from '@temporalio/workflow';
import { endpointWorkflowId } from '../rollout';
import type { WorkNews } from '../rollout';
import { presenceSignal, workEndedSignal } from './messages';
import { whyOf } from './owner-talk';

/** The owner may have continued as new meanwhile, so it is told by its id, not as a parent. Work without an owner is fine, too. */
export async function tellOwner<T extends unknown[]>(
  endpoint: string,
  signal: SignalDefinition<T>,
  news: T
): Promise<void> {
  try {
    await getExternalWorkflowHandle(endpointWorkflowId(endpoint)).signal(signal, ...news);
  } catch (error) {
    log.warn('Nobody owns this endpoint; the news stays here.', { error: String(error) });
  }
}

/** News without the id, which is added by who sends it. */
export type NewsOf<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Does what the owner of an endpoint has begun and waits for, and tells it what came of it, also where it fails or is cancelled. */
export async function forOwner<T>(
  endpoint: string,
  work: () => Promise<T>,
  newsOf: (result: T) => NewsOf<WorkNews>
): Promise<T> {
  setHandler(presenceSignal, () => undefined, { description: 'Asked by the owner of the endpoint; nothing follows.' });
  const tell = (news: NewsOf<WorkNews>): Promise<void> =>
    CancellationScope.nonCancellable(() =>
      tellOwner(endpoint, workEndedSignal, [{ ...news, id: workflowInfo().workflowId }])
    );
  try {
    const result = await work();
    await tell(newsOf(result));
    return result;
  } catch (error) {
    await tell({ kind: 'failed', why: whyOf(error) });
    throw error;
  }
}
