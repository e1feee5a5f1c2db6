import { allHandlersFinished, ApplicationFailure, condition, setHandler, workflowInfo } from '@temporalio/workflow';
import { afterMonitor, beginRetraining, refuseRetirement, retirementWorkflowId } from '../rollout';
import type { Consequence, MonitorNews, RolloutResult } from '../rollout';
import {
  endpointQuery,
  monitoredUpdate,
  retireUpdate,
  rolloutEndedSignal,
  rolloutWatchingSignal,
  submitSignal,
  submitUpdate,
  withdrawUpdate,
  workEndedSignal,
} from './messages';
import type { RetireMessage } from './messages';
import { applySchedules } from './owner-children';
import { holdOwner } from './owner-hold';
import type { EndpointInput, Owner } from './owner-hold';
import {
  finish,
  hearOfWatch,
  lookAfterRollout,
  refuseSubmission,
  refuseWithdrawal,
  submit,
  submitFor,
  takeTurn,
  withdraw,
} from './owner-rollouts';
import { tell } from './owner-talk';
import { holdWork } from './owner-work';
import type { OwnersWork } from './owner-work';
import { goOnAsNew, isOutdated, isVersioned } from './renewal';

export type { EndpointInput } from './owner-hold';

/**
 * Owns one endpoint for ever: takes rollouts in, runs one at a time, lets one wait, remembers what came of them. It goes on as new whenever its
 * history is long or other workers are the current ones; whatever it has begun goes on meanwhile.
 */
export async function endpoint(input: EndpointInput): Promise<never> {
  const owner = holdOwner(input);
  // Before anybody is heard: only what the run before has begun is looked after.
  const work = holdWork(owner);
  void lookAfterRollout(owner, owner.state.running);
  listen(owner, work);
  for (;;) {
    await untilTrue(() => nextStep(owner, work) !== null);
    switch (nextStep(owner, work)) {
      case 'schedules':
        owner.set({ ...owner.state, schedulesDue: false });
        await applySchedules(owner);
        break;
      case 'work':
        work.begin();
        break;
      case 'turn':
        if (owner.state.queued !== null) await takeTurn(owner, owner.state.queued);
        break;
      case 'renewal':
        return goOnAsNew<typeof endpoint>(() => [{ ...input, carried: owner.state }], isOutdated());
      case null:
    }
  }
}

/** What there is to do, the most urgent first: a run that ends leaves nothing half begun. */
function nextStep(owner: Owner, work: OwnersWork): 'schedules' | 'work' | 'turn' | 'renewal' | null {
  const { schedulesDue, running, queued } = owner.state;
  if (schedulesDue) return 'schedules';
  if (work.isDue) return 'work';
  if (running === null && queued !== null && queued.baselines !== null) return 'turn';
  const isOld = workflowInfo().continueAsNewSuggested || isOutdated();
  return isOld && !owner.isBusy && allHandlersFinished() ? 'renewal' : null;
}

/** Nobody wakes an idle owner when other workers become the current ones, and those of its version can only be stopped once it has left them. */
async function untilTrue(isTrue: () => boolean): Promise<void> {
  if (!isVersioned()) return condition(isTrue);
  const summary = 'Until it looks for newer workers';
  while (!(await condition(isTrue, '1 hour', { summary })));
}

function listen(owner: Owner, work: OwnersWork): void {
  setHandler(endpointQuery, () => owner.state, { description: 'What runs on this endpoint, and what ran before.' });
  setHandler(rolloutEndedSignal, (result) => finish(owner, numberOf(result), result), {
    description: 'Sent by a rollout when it ends.',
  });
  setHandler(rolloutWatchingSignal, (number, watched = null) => hearOfWatch(owner, number, watched), {
    description: 'Sent by a rollout when it has promoted and only watches on.',
  });
  setHandler(workEndedSignal, (news) => work.hear(news), {
    description: 'Sent by what makes baselines, a new model, or retires the endpoint, when it ends.',
  });
  setHandler(submitUpdate, (request) => submit(owner, request), {
    validator: (_request) => refuseSubmission(owner),
    description: 'Start a rollout.',
  });
  setHandler(submitSignal, (request) => submitFor(owner, request), {
    description: 'Sent by a workflow that wants a rollout.',
  });
  setHandler(withdrawUpdate, (message) => withdraw(owner, message), {
    validator: (_message) => refuseWithdrawal(owner),
    description: 'Take the waiting rollout back: {"who": "…", "why": "…"}',
  });
  setHandler(retireUpdate, (message) => askRetirement(owner, message), {
    validator: (_message) => refuseRetiring(owner),
    description: 'Give the endpoint up: {"who": "…", "why": "…", "drain": null}',
  });
  setHandler(monitoredUpdate, (news) => heed(owner, news), {
    description: 'News of a monitor; answers with what follows from it.',
  });
}

function refuseRetiring({ state }: Owner): void {
  const why = refuseRetirement(state);
  if (why !== null) throw ApplicationFailure.nonRetryable(why, 'Refused');
}

function askRetirement({ endpoint: name, state, set }: Owner, { who, why, drain }: RetireMessage): string {
  const id = retirementWorkflowId(name, state.count);
  set({ ...state, retiring: { id, who, why, sinceMs: Date.now(), drain } });
  return id;
}

/** Remembers what a monitor said, and does what follows, but for the alert: that is the monitor's own. */
async function heed(owner: Owner, news: MonitorNews): Promise<readonly Consequence[]> {
  const { state, consequences } = afterMonitor(owner.state, news, Date.now());
  owner.set(state);
  const by = { who: `monitor ${news.name}`, why: news.outcome.reason };
  for (const { policy, heldBack } of consequences) {
    if (heldBack !== null) continue;
    if (policy === 'rollBack') await tell(owner.state.running, 'rollback', by);
    if (policy === 'retrain') owner.set(beginRetraining(owner.state, by, Date.now()));
  }
  return consequences;
}

function numberOf(result: RolloutResult): number {
  return Number(result.id.split('/').at(-1));
}
