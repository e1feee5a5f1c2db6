import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  admit,
  afterEnd,
  afterRetirement,
  afterWatching,
  ownerState,
  refuseRetirement,
  retirementWorkflowId,
  rolloutWorkflowId,
  runningOf,
} from '../rollout';
import type { EndpointState, EndpointStateV1, Queued, Retiring, RolloutNews, RolloutResult } from '../rollout';
import { ownerMarkdown } from '../report/owner';
import {
  endpointQuery,
  retireUpdate,
  rolloutEndedSignal,
  rolloutNewsSignal,
  rolloutWatchingSignal,
  submitSignal,
  submitUpdate,
  verbSignal,
  withdrawUpdate,
} from './messages';
import type { PersonMessage, RetireMessage, SubmitReceipt, SubmitRequest } from './messages';
import { retirement } from './retirement';
import { rollout } from './rollout';
import { SLUICE_CANDIDATE, SLUICE_ENDPOINT } from './search-attributes';

export interface EndpointInput {
  readonly endpoint: string;
  /** `false` for clusters where the search attributes cannot be registered. Default true. */
  readonly searchAttributes?: boolean;
  readonly carried: EndpointState | EndpointStateV1 | null;
}

/** News without the endpoint, which the owner knows. */
type NewsOf<T> = T extends unknown ? Omit<T, 'endpoint'> : never;

/** Owns one endpoint for ever: takes rollouts in, runs one at a time, lets one wait, remembers what came of them. */
export async function endpoint(input: EndpointInput): Promise<never> {
  let state = ownerState(input.endpoint, input.carried);
  const withAttributes = input.searchAttributes ?? true;
  const set = (next: EndpointState): void => {
    state = next;
    setCurrentDetails(ownerMarkdown(state));
  };
  const finish = (number: number, result: RolloutResult | null): void => {
    const { running } = state;
    set(afterEnd(state, { number, result }));
    if (running?.number !== number) return;
    const { id: rolloutId, follower } = running;
    const why = `${rolloutId} was ended from outside`;
    void inform(follower, result === null ? { kind: 'refused', why } : { kind: 'ended', rolloutId, result });
  };
  set(state);

  setHandler(endpointQuery, () => state, { description: 'What runs on this endpoint, and what ran before.' });
  setHandler(rolloutEndedSignal, (result) => finish(numberOf(result), result), {
    description: 'Sent by a rollout when it ends.',
  });
  setHandler(
    rolloutWatchingSignal,
    (number, watched = null) => {
      if (state.running?.number !== number) return;
      const { id: rolloutId, follower } = state.running;
      set(afterWatching(state, { number, watched }));
      void inform(follower, { kind: 'watching', rolloutId });
      // A newer one has waited for exactly this.
      if (state.queued !== null) void tell('settle', state.queued);
    },
    { description: 'Sent by a rollout when it has promoted and only watches on.' }
  );
  setHandler(submitUpdate, submit, { validator: refuseSubmission, description: 'Start a rollout.' });
  setHandler(
    submitSignal,
    async (request) => {
      const admission = admit(state);
      const follower = request.follower ?? null;
      if (admission.kind === 'refuse') return inform(follower, { kind: 'refused', why: admission.why });
      try {
        const { rolloutId } = await submit(request);
        await inform(follower, { kind: 'accepted', rolloutId });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        await inform(follower, { kind: 'refused', why });
      }
    },
    { description: 'Sent by a workflow that wants a rollout.' }
  );
  setHandler(withdrawUpdate, withdraw, {
    validator: refuseWithdrawal,
    description: 'Take the waiting rollout back: {"who": "…", "why": "…"}',
  });
  setHandler(retireUpdate, askRetirement, {
    validator: refuseRetiring,
    description: 'Give the endpoint up: {"who": "…", "why": "…", "drain": null}',
  });

  for (;;) {
    await condition(
      () =>
        state.running === null &&
        (state.queued !== null ||
          state.retiring !== null ||
          (workflowInfo().continueAsNewSuggested && allHandlersFinished()))
    );
    if (state.retiring !== null) {
      await retire(state.retiring);
      continue;
    }
    if (state.queued === null) return continueAsNew<typeof endpoint>({ ...input, carried: state });
    await takeTurn(state.queued);
  }

  function refuseSubmission(_request: SubmitRequest): void {
    const admission = admit(state);
    if (admission.kind !== 'refuse') return;
    const details = [state.running ?? state.queued];
    throw ApplicationFailure.create({ type: 'RolloutRunning', nonRetryable: true, message: admission.why, details });
  }

  async function submit({ spec, who, follower }: SubmitRequest): Promise<SubmitReceipt> {
    const admission = admit(state);
    const number = state.count + 1;
    const id = rolloutWorkflowId(input.endpoint, number);
    const queued: Queued = {
      ...runningOf(spec, { id, number, who, sinceMs: Date.now(), follower: follower ?? null }),
      spec,
    };
    if (admission.kind === 'queue') {
      set({ ...state, count: number, queued });
      if (admission.say !== null) await tell(admission.say, queued);
      return { rolloutId: id, number, isQueued: true };
    }
    await start(queued);
    return { rolloutId: id, number, isQueued: false };
  }

  function refuseWithdrawal(_message: PersonMessage): void {
    if (state.queued !== null) return;
    throw ApplicationFailure.nonRetryable(`No rollout waits on ${input.endpoint}.`, 'Refused');
  }

  function withdraw({ who, why }: PersonMessage): string {
    const { queued } = state;
    if (queued === null) return `No rollout waits on ${input.endpoint}.`;
    log.info(`${who} took rollout ${queued.number} back: ${why}`);
    set({ ...state, queued: null });
    void inform(queued.follower, { kind: 'refused', why: `${who} took it back: ${why}` });
    return `Taken back: ${queued.candidate} (rollout ${queued.number}).`;
  }

  function refuseRetiring(_message: RetireMessage): void {
    const why = refuseRetirement(state);
    if (why !== null) throw ApplicationFailure.nonRetryable(why, 'Refused');
  }

  function askRetirement({ who, why, drain }: RetireMessage): string {
    const id = retirementWorkflowId(input.endpoint, state.count);
    set({ ...state, retiring: { id, who, why, sinceMs: Date.now(), drain } });
    return id;
  }

  /** However it ends, the owner stays: it remembers what was, and counts on when something is rolled out again. */
  async function retire({ id, who, why, drain }: Retiring): Promise<void> {
    try {
      const child = await startChild(retirement, {
        workflowId: id,
        args: [{ endpoint: input.endpoint, who, why, drain }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Retire ${input.endpoint}`,
      });
      set(afterRetirement(state, await child.result(), Date.now()));
    } catch (error) {
      log.error(`${id} did not end well: ${String(error)}`);
      set(afterRetirement(state, null, Date.now()));
    }
  }

  /** The one that has waited starts; where a rollout of a former owner stands in its way, it is given up, and said. */
  async function takeTurn(queued: Queued): Promise<void> {
    set({ ...state, queued: null });
    try {
      await start(queued);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error(`Rollout ${queued.number} could not start: ${why}`);
      await inform(queued.follower, { kind: 'refused', why });
    }
  }

  async function start({ spec, number, who, candidate, follower }: Queued): Promise<void> {
    const id = rolloutWorkflowId(input.endpoint, number);
    // Taken before the first await, so that two submissions at once cannot both pass.
    const running = runningOf(spec, { id, number, who, sinceMs: Date.now(), follower });
    set({ ...state, count: number, retired: null, running });
    try {
      const child = await startChild(rollout, {
        workflowId: id,
        args: [{ spec, number, searchAttributes: withAttributes, carried: null }],
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
    } catch (error) {
      // The number was not used, so the next submission meets the same rollout, and not one more beside it.
      set({ ...state, count: number - 1, running: null });
      throw notStarted(id, error);
    }
  }

  /** Says a verb to the rollout that runs; one that has just ended needs no telling. */
  async function tell(verb: 'settle' | 'abort', { candidate, who, number }: Queued): Promise<void> {
    if (state.running === null) return;
    const why = `${candidate} is to take its place (rollout ${number})`;
    try {
      await getExternalWorkflowHandle(state.running.id).signal(verbSignal(verb), { who, why });
    } catch (error) {
      log.warn(`Rollout ${state.running.number} could not be told: ${String(error)}`);
    }
  }

  /** Tells the workflow that asked for a rollout what becomes of it. */
  async function inform(follower: string | null, news: NewsOf<RolloutNews>): Promise<void> {
    if (follower === null) return;
    try {
      await getExternalWorkflowHandle(follower).signal(rolloutNewsSignal, { ...news, endpoint: input.endpoint });
    } catch (error) {
      log.warn(`${follower} could not be told: ${String(error)}`);
    }
  }

  function notStarted(id: string, error: unknown): ApplicationFailure {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return ApplicationFailure.create({
        type: 'RolloutRunning',
        nonRetryable: true,
        message: `${id} runs on ${input.endpoint} already; it was started by a former owner.`,
        cause: error,
      });
    return ApplicationFailure.create({
      type: 'Internal',
      nonRetryable: true,
      message: `Could not start ${id}.`,
      ...(error instanceof Error && { cause: error }),
    });
  }
}

function numberOf(result: RolloutResult): number {
  return Number(result.id.split('/').at(-1));
}
