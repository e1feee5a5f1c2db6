import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { refuseVerb } from '../rollout';
import type { VerbRequest } from '../rollout';
import { SPOKEN_VERBS, stateQuery, verbSignal, verbUpdate, VERBS } from './messages';
import type { PersonMessage, SpokenVerb } from './messages';
import type { StateHolder } from './transition';

/** Registers everything people can say to a rollout. Handlers apply the verb, and the main loop does the work. */
export function listenToPeople(holder: StateHolder): void {
  setHandler(stateQuery, () => holder.state, { description: 'The whole state of this rollout.' });
  for (const verb of SPOKEN_VERBS) listen(holder, verb);
}

function listen(holder: StateHolder, verb: SpokenVerb): void {
  const description = VERBS[verb];
  const refusalOf = (message: unknown): string | null => {
    const request = readRequest(verb, message);
    return request === null ? 'The message must be {"who": "…", "why": "…"}.' : refuseVerb(holder.state, request);
  };
  const accept = ({ who, why }: PersonMessage): void => holder.apply({ kind: 'verb', verb, who, why });

  setHandler(
    verbSignal(verb),
    (message) => {
      const refusal = refusalOf(message);
      if (refusal === null) accept(message);
      else log.warn(`Ignored the signal ${verb}: ${refusal}`);
    },
    { description }
  );
  setHandler(
    verbUpdate(verb),
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
function readRequest(verb: SpokenVerb, message: unknown): VerbRequest | null {
  if (typeof message !== 'object' || message === null) return null;
  const { who, why } = message as Record<string, unknown>;
  return typeof who === 'string' && typeof why === 'string' ? { verb, who, why } : null;
}
