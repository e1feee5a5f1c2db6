import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { rolloutWorkflowId } from '../rollout';
import type { EndpointState, RolloutResult } from '../rollout';
import { ownerMarkdown } from '../report/owner';
import { endpointQuery, rolloutEndedSignal, submitUpdate } from './messages';
import type { SubmitReceipt, SubmitRequest } from './messages';
import { rollout } from './rollout';
import { SLUICE_CANDIDATE, SLUICE_ENDPOINT } from './search-attributes';

export interface EndpointInput {
  readonly endpoint: string;
  /** `false` for clusters where the search attributes cannot be registered. Default true. */
  readonly searchAttributes?: boolean;
  readonly carried: EndpointState | null;
}

/** Results kept for `sluice status`; older ones stay in their own workflows' histories. */
const PAST_KEPT = 20;

/** Owns one endpoint for ever: takes rollouts in, runs one at a time, remembers what came of them. */
export async function endpoint(input: EndpointInput): Promise<never> {
  let state: EndpointState = input.carried ?? {
    schema: 1,
    endpoint: input.endpoint,
    count: 0,
    running: null,
    past: [],
  };
  const withAttributes = input.searchAttributes ?? true;
  const set = (next: EndpointState): void => {
    state = next;
    setCurrentDetails(ownerMarkdown(state));
  };
  const finish = (number: number, result: RolloutResult | null): void => {
    if (state.running?.number !== number) return;
    const past = result === null ? state.past : [result, ...state.past].slice(0, PAST_KEPT);
    set({ ...state, running: null, past });
  };
  set(state);

  setHandler(endpointQuery, () => state, { description: 'What runs on this endpoint, and what ran before.' });
  setHandler(rolloutEndedSignal, (result) => finish(numberOf(result), result), {
    description: 'Sent by a rollout when it ends.',
  });
  setHandler(submitUpdate, submit, { validator: refuseWhileRunning, description: 'Start a rollout.' });

  await condition(() => workflowInfo().continueAsNewSuggested && state.running === null && allHandlersFinished());
  return continueAsNew<typeof endpoint>({ ...input, carried: state });

  function refuseWhileRunning(_request: SubmitRequest): void {
    if (state.running === null) return;
    const { id, candidate, who } = state.running;
    const what = `${who} is rolling out ${candidate} on ${input.endpoint} (${id}).`;
    throw ApplicationFailure.create({
      type: 'RolloutRunning',
      nonRetryable: true,
      message: what,
      details: [state.running],
    });
  }

  async function submit(request: SubmitRequest): Promise<SubmitReceipt> {
    const number = state.count + 1;
    const id = rolloutWorkflowId(input.endpoint, number);
    const candidate = request.spec.candidates[0].name;
    // Taken before the first await, so that two submissions at once cannot both pass.
    set({ ...state, count: number, running: { id, number, candidate, sinceMs: Date.now(), who: request.who } });
    try {
      const child = await startChild(rollout, {
        workflowId: id,
        args: [{ spec: request.spec, number, searchAttributes: withAttributes, carried: null }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Roll out ${candidate} on ${input.endpoint}`,
        ...(withAttributes && {
          typedSearchAttributes: [
            { key: SLUICE_ENDPOINT, value: input.endpoint },
            { key: SLUICE_CANDIDATE, value: candidate },
          ],
        }),
      });
      // The signal is the news; this is for rollouts that were terminated or whose signal was lost.
      void child.result().then(
        (result) => finish(number, result),
        () => finish(number, null)
      );
      return { rolloutId: id, number };
    } catch (error) {
      // The number was not used, so the next submission meets the same rollout, and not one more beside it.
      set({ ...state, count: number - 1, running: null });
      if (error instanceof WorkflowExecutionAlreadyStartedError)
        throw ApplicationFailure.create({
          type: 'RolloutRunning',
          nonRetryable: true,
          message: `${id} runs on ${input.endpoint} already; it was started by a former owner.`,
          cause: error,
        });
      throw ApplicationFailure.create({
        type: 'Internal',
        nonRetryable: true,
        message: `Could not start ${id}.`,
        ...(error instanceof Error && { cause: error }),
      });
    }
  }
}

function numberOf(result: RolloutResult): number {
  return Number(result.id.split('/').at(-1));
}
