import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type {
  Consequence,
  EndpointState,
  MonitorNews,
  ReleaseState,
  RetirementRequest,
  RetirementState,
  RolloutNews,
  RolloutResult,
  RolloutState,
  Served,
  Verb,
  WorkNews,
} from '../rollout';
import type { BatchState } from '../batch';
import type { RolloutSpec } from '../spec/types';

/** Payload of all verbs, as a person types it in the Temporal UI: `{"who": "ana@example.org", "why": "numbers look right"}`. */
export interface PersonMessage {
  readonly who: string;
  readonly why: string;
  /** Where an approval asks for it: a signed token that says who it is. */
  readonly token?: string;
}

/** What people can say to a rollout. `cancel` is Temporal's own. */
export type SpokenVerb = Exclude<Verb, 'cancel'>;

/** Each verb as a person reads it in the Temporal UI. */
export const VERBS: Readonly<Record<SpokenVerb, string>> = {
  approve: 'Approve: {"who": "…", "why": "…"}',
  reject: 'Reject and roll back: {"who": "…", "why": "…"}',
  revoke: 'Take one’s own approval back, until it was acted on: {"who": "…", "why": "…"}',
  abort: 'Stop and roll back without further judging: {"who": "…", "why": "…"}',
  rollback: 'Roll back, unless what it returns to is unhealthy: {"who": "…", "why": "…"}',
  pause: 'Hold the traffic where it is; guards judge on: {"who": "…", "why": "…"}',
  resume: 'Go on after a pause: {"who": "…", "why": "…"}',
  advance: 'Go on to the next stage without waiting for evidence: {"who": "…", "why": "…"}',
  promote: 'Promote without waiting for evidence: {"who": "…", "why": "…"}',
  settle: 'End the watch after a promotion: {"who": "…", "why": "…"}',
  retry: 'Try a step that failed again, now: {"who": "…", "why": "…"}',
  acceptCurrentState: 'End an incomplete rollback and leave the endpoint as it is: {"who": "…", "why": "…"}',
};

export const SPOKEN_VERBS = Object.keys(VERBS) as readonly SpokenVerb[];

/** Signals are what the Temporal UI sends. */
export function verbSignal(verb: SpokenVerb): SignalDefinition<[PersonMessage]> {
  return defineSignal<[PersonMessage]>(verb);
}

/** The updates of the same names answer at once: accepted, or refused and why. */
export function verbUpdate(verb: SpokenVerb): UpdateDefinition<string, [PersonMessage]> {
  return defineUpdate<string, [PersonMessage]>(verb);
}

/** The whole state of a rollout; needs a running worker. */
export const stateQuery = defineQuery<RolloutState>('state');

export interface SubmitRequest {
  readonly spec: RolloutSpec;
  /** Who asked, for the record. */
  readonly who: string;
  /** Workflow that is told what becomes of it, as `rolloutNews`. */
  readonly follower?: string;
}

export interface SubmitReceipt {
  readonly rolloutId: string;
  readonly number: number;
  /** True when it waits for the one that runs; its workflow exists only once its turn has come. */
  readonly isQueued: boolean;
}

/** Asks the endpoint's owner for a rollout; refused with failure type `RolloutRunning` where the running one's file says so, or one waits already. */
export const submitUpdate = defineUpdate<SubmitReceipt, [SubmitRequest]>('submit');
/** The same from within a workflow; the answer comes to the follower as `rolloutNews`. */
export const submitSignal = defineSignal<[SubmitRequest]>('submitRollout');
/** What becomes of a rollout that a workflow has asked for. */
export const rolloutNewsSignal = defineSignal<[RolloutNews]>('rolloutNews');
/** Where each endpoint of a release stands. */
export const releaseQuery = defineQuery<ReleaseState>('release');
/** Stops a release and brings back what it changed. */
export const stopReleaseSignal = defineSignal<[PersonMessage]>('stop');
/** Takes back the rollout that waits for its turn; refused when none does. */
export const withdrawUpdate = defineUpdate<string, [PersonMessage]>('withdraw');
/** Sent by a rollout when all traffic is on the new model and it only watches on. */
export const rolloutWatchingSignal = defineSignal<[number, (Served | null)?]>('rolloutWatching');
/** Sent by an owner that has lost sight of its rollout; that it arrives is the answer. */
export const presenceSignal = defineSignal('presence');
/** Sent by what an owner has begun beside rollouts (baselines, a new model, a retirement) when it ends. */
export const workEndedSignal = defineSignal<[WorkNews]>('workEnded');
export const rolloutEndedSignal = defineSignal<[RolloutResult]>('rolloutEnded');
export const endpointQuery = defineQuery<EndpointState>('endpoint');

export interface RetireMessage {
  readonly who: string;
  readonly why: string;
  readonly drain: RetirementRequest['drain'];
}

/** Asks the owner to give the endpoint up; answers with the id of the workflow that does it. Refused while something is rolled out. */
export const retireUpdate = defineUpdate<string, [RetireMessage]>('retire');
/** How far a retirement is. */
export const retirementQuery = defineQuery<RetirementState>('retirement');
/** The whole state of a batch transform; needs a running worker. */
export const batchQuery = defineQuery<BatchState>('batch');
/** Stops a batch transform: its jobs end, nothing is published. */
export const stopBatchSignal = defineSignal<[PersonMessage]>('stop');
/** The same, answered at once. */
export const stopBatchUpdate = defineUpdate<string, [PersonMessage]>('stop');
/** Sent by an activity of a monitor's run. */
export const monitoredUpdate = defineUpdate<readonly Consequence[], [MonitorNews]>('monitored');
