import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  admit,
  afterEnd,
  afterMonitor,
  afterRetirement,
  afterRetraining,
  afterWatching,
  beginRetraining,
  ownerState,
  refuseRetirement,
  retirementWorkflowId,
  rolloutWorkflowId,
  runningOf,
} from '../rollout';
import type { Consequence, EndpointState, EndpointStateV1, MonitorNews, Queued, RolloutResult } from '../rollout';
import { ownerMarkdown } from '../report/owner';
import {
  endpointQuery,
  monitoredUpdate,
  retireUpdate,
  rolloutEndedSignal,
  rolloutWatchingSignal,
  submitSignal,
  submitUpdate,
  withdrawUpdate,
} from './messages';
import type { PersonMessage, RetireMessage, SubmitReceipt, SubmitRequest } from './messages';
import { applySchedules, giveUpEndpoint, makeBaselines, retrain } from './owner-children';
import { inform, isThere, notStarted, placeFor, tell, whyOf } from './owner-talk';
import { rollout } from './rollout';
import { SLUICE_CANDIDATE, SLUICE_ENDPOINT } from './search-attributes';

export interface EndpointInput {
  readonly endpoint: string;
  /** `false` for clusters where the search attributes cannot be registered. Default true. */
  readonly searchAttributes?: boolean;
  readonly carried: EndpointState | EndpointStateV1 | null;
}

/** Owns one endpoint for ever: takes rollouts in, runs one at a time, lets one wait, remembers what came of them. */
export async function endpoint(input: EndpointInput): Promise<never> {
  let state = ownerState(input.endpoint, input.carried);
  const { running: inherited } = state;
  const withAttributes = input.searchAttributes ?? true;
  /** Rollouts whose start is under way: an owner that ended now might leave them unborn. */
  let starting = 0;
  /** Number of the retraining that this run waits for. */
  let followed = 0;
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
    void inform(
      input.endpoint,
      follower,
      result === null ? { kind: 'refused', why } : { kind: 'ended', rolloutId, result }
    );
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
      void inform(input.endpoint, follower, { kind: 'watching', rolloutId });
      // A newer one has waited for exactly this.
      if (state.queued !== null) void tell(state.running, 'settle', placeFor(state.queued));
    },
    { description: 'Sent by a rollout when it has promoted and only watches on.' }
  );
  setHandler(submitUpdate, submit, { validator: refuseSubmission, description: 'Start a rollout.' });
  setHandler(
    submitSignal,
    async (request) => {
      const admission = admit(state);
      const follower = request.follower ?? null;
      if (admission.kind === 'refuse') return inform(input.endpoint, follower, { kind: 'refused', why: admission.why });
      try {
        const { rolloutId } = await submit(request);
        await inform(input.endpoint, follower, { kind: 'accepted', rolloutId });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        await inform(input.endpoint, follower, { kind: 'refused', why });
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

  setHandler(monitoredUpdate, heed, { description: 'News of a monitor; answers with what follows from it.' });

  if (inherited !== null) void keepInSight(inherited);
  for (;;) {
    await condition(
      () => isTimeTo('schedule') || isTimeTo('retrain') || isTimeTo('begin') || isTimeTo('retire') || isTimeTo('renew')
    );
    if (state.schedulesDue) {
      set({ ...state, schedulesDue: false });
      await applySchedules(state.incumbent, withAttributes);
    } else if (isTimeTo('retrain')) void followRetraining();
    else if (isTimeTo('retire') && state.retiring !== null)
      set(afterRetirement(state, await giveUpEndpoint(input.endpoint, state.retiring), Date.now()));
    else if (isTimeTo('begin') && state.queued !== null) await takeTurn(state.queued);
    else if (isTimeTo('renew')) return continueAsNew<typeof endpoint>({ ...input, carried: state });
  }

  /** A rollout that the run before has started tells its end by a signal; one that was terminated cannot, so it is looked after. */
  async function keepInSight({ number, id }: { readonly number: number; readonly id: string }): Promise<void> {
    while (state.running?.number === number) {
      if (!(await isThere(id))) return finish(number, null);
      await sleep('1 hour', { summary: `Until ${id} is looked after again` });
    }
  }

  function isTimeTo(what: 'schedule' | 'begin' | 'retire' | 'retrain' | 'renew'): boolean {
    const { running, queued, retiring, retraining } = state;
    switch (what) {
      case 'schedule':
        return state.schedulesDue;
      case 'retrain':
        return retraining !== null && followed !== retraining.number;
      case 'begin':
        return running === null && queued !== null;
      case 'retire':
        return running === null && retiring !== null;
      case 'renew':
        return retraining === null && starting === 0 && workflowInfo().continueAsNewSuggested && allHandlersFinished();
    }
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
    const baselines = spec.baseline.data === undefined ? {} : null;
    const by = { id, number, who, sinceMs: Date.now(), follower: follower ?? null };
    const queued: Queued = { ...runningOf(spec, { ...by, baselines: {} }), spec, baselines };
    if (admission.kind === 'queue' || baselines === null) {
      set({ ...state, count: number, queued });
      if (admission.kind === 'queue' && admission.say !== null)
        await tell(state.running, admission.say, placeFor(queued));
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
    void inform(input.endpoint, queued.follower, { kind: 'refused', why: `${who} took it back: ${why}` });
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

  /** Remembers what a monitor said, and does what follows, but for the alert: that is the monitor's own. */
  async function heed(news: MonitorNews): Promise<readonly Consequence[]> {
    const { state: next, consequences } = afterMonitor(state, news, Date.now());
    set(next);
    const by = { who: `monitor ${news.name}`, why: news.outcome.reason };
    for (const { policy, heldBack } of consequences) {
      if (heldBack !== null) continue;
      if (policy === 'rollBack') await tell(state.running, 'rollback', by);
      if (policy === 'retrain') set(beginRetraining(state, by, Date.now()));
    }
    return consequences;
  }

  /** The new model enters as any candidate does. */
  async function followRetraining(): Promise<void> {
    const { retraining, incumbent } = state;
    if (retraining === null) return;
    followed = retraining.number;
    const result = await retrain(input.endpoint, retraining, incumbent);
    set(afterRetraining(state, result));
    if (result.kind !== 'trained') return log.warn(`${retraining.id}: ${result.why}`);
    const admission = admit(state);
    if (admission.kind === 'refuse') return set(afterRetraining(state, { kind: 'failed', why: admission.why }));
    try {
      await submit({ spec: result.spec, who: `${retraining.who} (${retraining.id})` });
    } catch (error) {
      set(afterRetraining(state, { kind: 'failed', why: String(error) }));
    }
  }

  /** The one that has waited gets its baselines and starts; where that fails, it is given up, and said. */
  async function takeTurn(queued: Queued): Promise<void> {
    try {
      if (queued.baselines === null) {
        const baselines = await makeBaselines(input.endpoint, queued);
        // It may have been taken back meanwhile.
        if (state.queued?.number === queued.number) set({ ...state, queued: { ...state.queued, baselines } });
        return;
      }
      set({ ...state, queued: null });
      await start(queued);
    } catch (error) {
      const why = whyOf(error);
      log.error(`Rollout ${queued.number} could not start: ${why}`);
      if (state.queued?.number === queued.number) set({ ...state, queued: null });
      set({ ...state, givenUp: { number: queued.number, why } });
      await inform(input.endpoint, queued.follower, { kind: 'refused', why });
    }
  }

  async function start({ spec, number, who, candidate, follower, baselines }: Queued): Promise<void> {
    const id = rolloutWorkflowId(input.endpoint, number);
    // Taken before the first await, so that two submissions at once cannot both pass.
    const by = { id, number, who, sinceMs: Date.now(), follower, baselines: baselines ?? {} };
    const running = runningOf(spec, by);
    set({ ...state, count: number, retired: null, running });
    starting++;
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
      throw notStarted(id, input.endpoint, error);
    } finally {
      starting--;
    }
  }
}

function numberOf(result: RolloutResult): number {
  return Number(result.id.split('/').at(-1));
}
