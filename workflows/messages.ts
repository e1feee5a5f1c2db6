import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EndpointState, RolloutResult, RolloutState } from '../rollout';
import type { RolloutSpec } from '../spec/types';

/** Payload of `approve`, `reject` and `abort`, as a person types it in the Temporal UI: `{"who": "ana@example.org", "why": "numbers look right"}`. */
export interface PersonMessage {
  readonly who: string;
  readonly why: string;
}

// Signals are what the Temporal UI sends; the updates of the same names answer at once (accepted, or refused and why).
export const approveSignal = defineSignal<[PersonMessage]>('approve');
export const rejectSignal = defineSignal<[PersonMessage]>('reject');
export const abortSignal = defineSignal<[PersonMessage]>('abort');
export const approveUpdate = defineUpdate<string, [PersonMessage]>('approve');
export const rejectUpdate = defineUpdate<string, [PersonMessage]>('reject');
export const abortUpdate = defineUpdate<string, [PersonMessage]>('abort');

/** The whole state of a rollout; needs a running worker. */
export const stateQuery = defineQuery<RolloutState>('state');

export interface SubmitRequest {
  readonly spec: RolloutSpec;
  /** Who asked, for the record. */
  readonly who: string;
}

export interface SubmitReceipt {
  readonly rolloutId: string;
  readonly number: number;
}

/** Asks the endpoint's owner to start a rollout; refused with failure type `RolloutRunning` while another one runs. */
export const submitUpdate = defineUpdate<SubmitReceipt, [SubmitRequest]>('submit');
export const rolloutEndedSignal = defineSignal<[RolloutResult]>('rolloutEnded');
export const endpointQuery = defineQuery<EndpointState>('endpoint');
