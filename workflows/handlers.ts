import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { refuseVerb } from '../rollout';
import type { Verb, VerbRequest } from '../rollout';
import {
  abortSignal,
  abortUpdate,
  approveSignal,
  approveUpdate,
  rejectSignal,
  rejectUpdate,
  stateQuery,
} from './messages';
import type { PersonMessage } from './messages';
import type { StateHolder } from './transition';

/** Registers everything people can say to a rollout. Handlers never await: they apply the verb, and the main loop does the work. */
export function listenToPeople(holder: StateHolder): void {
  setHandler(stateQuery, () => holder.state, { description: 'The whole state of this rollout.' });
  listen({
    holder,
    verb: 'approve',
    signal: approveSignal,
    update: approveUpdate,
    description: 'Approve: {"who": "…", "why": "…"}',
  });
  listen({
    holder,
    verb: 'reject',
    signal: rejectSignal,
    update: rejectUpdate,
    description: 'Reject and roll back: {"who": "…", "why": "…"}',
  });
  listen({
    holder,
    verb: 'abort',
    signal: abortSignal,
    update: abortUpdate,
    description: 'Stop and roll back without further judging: {"who": "…", "why": "…"}',
  });
}

function listen(input: {
  readonly holder: StateHolder;
  readonly verb: Verb;
  readonly signal: SignalDefinition<[PersonMessage]>;
  readonly update: UpdateDefinition<string, [PersonMessage]>;
  readonly description: string;
}): void {
  const { holder, verb, description } = input;
  const refusalOf = (message: unknown): string | null => {
    const request = readRequest(verb, message);
    return request === null ? 'The message must be {"who": "…", "why": "…"}.' : refuseVerb(holder.state, request);
  };
  const accept = (message: PersonMessage): void =>
    holder.apply({ kind: 'verb', verb, who: message.who, why: message.why });

  setHandler(
    input.signal,
    (message) => {
      const refusal = refusalOf(message);
      if (refusal === null) accept(message);
      else log.warn(`Ignored the signal ${verb}: ${refusal}`);
    },
    { description }
  );
  setHandler(
    input.update,
    (message) => {
      accept(message);
      return `Accepted: ${verb} by ${message.who}.`;
    },
    {
      description,
      validator: (message) => {
        const refusal = refusalOf(message);
        if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'Refused');
      },
    }
  );
}

/** A person types the payload in the UI, so it may be anything. */
function readRequest(verb: Verb, message: unknown): VerbRequest | null {
  if (typeof message !== 'object' || message === null) return null;
  const { who, why } = message as Record<string, unknown>;
  return typeof who === 'string' && typeof why === 'string' ? { verb, who, why } : null;
}
