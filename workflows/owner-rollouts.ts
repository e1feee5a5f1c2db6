import { ApplicationFailure, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { admit, afterEnd, afterWatching, rolloutWorkflowId, runningOf } from '../rollout';
import type { Queued, RolloutResult, Running, Served } from '../rollout';
import type { PersonMessage, SubmitReceipt, SubmitRequest } from './messages';
import type { Owner } from './owner-hold';
import { notStarted, placeFor, tell, untilGone, whyOf } from './owner-talk';
import { rollout } from './rollout';
import { SLUICE_CANDIDATE, SLUICE_ENDPOINT } from './search-attributes';

/** What an owner does about the rollouts on its endpoint: lets them in, starts them, hears of them. */

export function refuseSubmission({ state }: Owner): void {
  const admission = admit(state);
  if (admission.kind !== 'refuse') return;
  const details = [state.running ?? state.queued];
  throw ApplicationFailure.create({ type: 'RolloutRunning', nonRetryable: true, message: admission.why, details });
}

/** Starts a rollout, or lets it wait: for the one that runs, or for its baselines. */
export async function submit(owner: Owner, { spec, who, follower }: SubmitRequest): Promise<SubmitReceipt> {
  const { state, endpoint } = owner;
  const admission = admit(state);
  const number = state.count + 1;
  const id = rolloutWorkflowId(endpoint, number);
  const baselines = spec.baseline.data === undefined ? {} : null;
  const by = { id, number, who, sinceMs: Date.now(), follower: follower ?? null };
  const queued: Queued = { ...runningOf(spec, { ...by, baselines: {} }), spec, baselines };
  if (admission.kind === 'queue' || baselines === null) {
    owner.set({ ...state, count: number, queued });
    const verb = admission.kind === 'queue' ? admission.say : null;
    if (verb !== null) await tell(owner.state.running, verb, placeFor(queued));
    return { rolloutId: id, number, isQueued: true };
  }
  await start(owner, queued);
  return { rolloutId: id, number, isQueued: false };
}

/** The same for a workflow that asks; the answer is news to its follower. */
export async function submitFor(owner: Owner, request: SubmitRequest): Promise<void> {
  const follower = request.follower ?? null;
  const admission = admit(owner.state);
  if (admission.kind === 'refuse') return owner.inform(follower, { kind: 'refused', why: admission.why });
  try {
    const { rolloutId } = await submit(owner, request);
    owner.inform(follower, { kind: 'accepted', rolloutId });
  } catch (error) {
    owner.inform(follower, { kind: 'refused', why: error instanceof Error ? error.message : String(error) });
  }
}

export function refuseWithdrawal({ state, endpoint }: Owner): void {
  if (state.queued !== null) return;
  throw ApplicationFailure.nonRetryable(`No rollout waits on ${endpoint}.`, 'Refused');
}

export function withdraw(owner: Owner, { who, why }: PersonMessage): string {
  const { queued } = owner.state;
  if (queued === null) return `No rollout waits on ${owner.endpoint}.`;
  log.info(`${who} took rollout ${queued.number} back: ${why}`);
  owner.set({ ...owner.state, queued: null });
  owner.inform(queued.follower, { kind: 'refused', why: `${who} took it back: ${why}` });
  return `Taken back: ${queued.candidate} (rollout ${queued.number}).`;
}

/** The one that has waited starts; where that fails, it is given up, and said. */
export async function takeTurn(owner: Owner, queued: Queued): Promise<void> {
  owner.set({ ...owner.state, queued: null });
  try {
    await start(owner, queued);
  } catch (error) {
    const why = whyOf(error);
    log.error(`Rollout ${queued.number} could not start: ${why}`);
    owner.set({ ...owner.state, givenUp: { number: queued.number, why } });
    owner.inform(queued.follower, { kind: 'refused', why });
  }
}

/** `result` is null when nobody will ever know how it ended. */
export function finish(owner: Owner, number: number, result: RolloutResult | null): void {
  const { running } = owner.state;
  owner.set(afterEnd(owner.state, { number, result }));
  if (running?.number !== number) return;
  const { id: rolloutId, follower } = running;
  const why = `${rolloutId} was ended from outside`;
  owner.inform(follower, result === null ? { kind: 'refused', why } : { kind: 'ended', rolloutId, result });
}

export function hearOfWatch(owner: Owner, number: number, watched: Served | null): void {
  const { running, queued } = owner.state;
  if (running?.number !== number) return;
  owner.set(afterWatching(owner.state, { number, watched }));
  owner.inform(running.follower, { kind: 'watching', rolloutId: running.id });
  // A newer one has waited for exactly this.
  if (queued !== null) void owner.whole(() => tell(owner.state.running, 'settle', placeFor(queued)));
}

/** A rollout that the run before has started tells its end by a signal. */
export async function lookAfterRollout(owner: Owner, running: Running | null): Promise<void> {
  if (running === null) return;
  const { number, id } = running;
  const isAwaited = (): boolean => owner.state.running?.number === number;
  await untilGone(id, isAwaited);
  if (isAwaited()) finish(owner, number, null);
}

async function start(owner: Owner, { spec, number, who, candidate, follower, baselines }: Queued): Promise<void> {
  const { endpoint, searchAttributes } = owner;
  const id = rolloutWorkflowId(endpoint, number);
  // Taken before the first await, so that two submissions at once cannot both pass.
  const by = { id, number, who, sinceMs: Date.now(), follower, baselines: baselines ?? {} };
  owner.set({ ...owner.state, count: number, retired: null, running: runningOf(spec, by) });
  try {
    const child = await owner.whole(() =>
      startChild(rollout, {
        workflowId: id,
        args: [{ spec, number, searchAttributes, carried: null }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Roll out ${candidate} on ${endpoint}`,
        ...(searchAttributes && {
          typedSearchAttributes: [
            { key: SLUICE_ENDPOINT, value: endpoint },
            { key: SLUICE_CANDIDATE, value: candidate },
          ],
        }),
      })
    );
    // The signal is the news; this is for rollouts that were terminated or whose signal was lost.
    void child.result().then(
      (result) => finish(owner, number, result),
      () => finish(owner, number, null)
    );
  } catch (error) {
    // The number was not used, so the next submission meets the same rollout, and not one more beside it.
    owner.set({ ...owner.state, count: number - 1, running: null });
    throw notStarted(id, endpoint, error);
  }
}
