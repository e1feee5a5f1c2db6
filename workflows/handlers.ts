import { ActivityFailure, ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { refuseVerb } from '../rollout';
import type { VerbRequest } from '../rollout';
import type { ApproverIdentity } from '../spec/types';
import * as options from './activity-options';
import { say } from './attempt';
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
  setHandler(
    verbSignal(verb),
    async (message) => {
      const refusal = formRefusal(message) ?? (await speak(holder, verb, message));
      if (refusal === null) return;
      log.warn(`Ignored the signal ${verb}: ${refusal}`);
      holder.apply({ kind: 'ignored', text: `Ignored the signal ${verb}: ${refusal}` });
    },
    { description }
  );
  setHandler(
    verbUpdate(verb),
    async (message) => {
      const refusal = await speak(holder, verb, message);
      if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'Refused');
      return `Accepted: ${verb} by ${nameOf(holder, verb, message)}.`;
    },
    {
      description,
      validator: (message: PersonMessage) => {
        const refusal = formRefusal(message) ?? earlyRefusal(holder, verb, message);
        if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'Refused');
      },
    }
  );
}

/** Applies a verb, and says why it was refused; null when it was accepted. Who a token belongs to is checked first, and counts alone. */
async function speak(holder: StateHolder, verb: SpokenVerb, message: PersonMessage): Promise<string | null> {
  const { who, why, token } = message;
  const identity = tokenIdentityFor(holder, verb);
  if (identity === null || token === undefined) return apply(holder, { verb, who, why });
  try {
    const proven = await say(options.verify, `Who sent this ${verb}?`).verifyApprover({ identity, token });
    return apply(holder, { verb, who: proven.who, why, identity: proven.identity });
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

function apply(holder: StateHolder, request: VerbRequest): string | null {
  const refusal = refuseVerb(holder.state, request);
  if (refusal === null) holder.apply({ kind: 'verb', ...request });
  return refusal;
}

/** Before a token is checked nobody knows whose word it is: only what holds for everybody is refused at once. */
function earlyRefusal(holder: StateHolder, verb: SpokenVerb, { who, why, token }: PersonMessage): string | null {
  if (token !== undefined && tokenIdentityFor(holder, verb) !== null) return why.trim() === '' ? 'Say why.' : null;
  return refuseVerb(holder.state, { verb, who, why });
}

/** The issuer that an approval which is awaited now asks for; null where typed names count. */
function tokenIdentityFor(
  { state }: StateHolder,
  verb: SpokenVerb
): Extract<ApproverIdentity, { kind: 'token' }> | null {
  if (state.phase.kind !== 'approving' || !['approve', 'reject', 'revoke'].includes(verb)) return null;
  const { identity } = state.phase.gate;
  return identity.kind === 'token' ? identity : null;
}

function nameOf({ state }: StateHolder, verb: SpokenVerb, message: PersonMessage): string {
  const last = state.approvals.at(-1);
  return message.token !== undefined && last?.verb === verb ? last.who : message.who;
}

/** A person types the payload in the UI, so it may be anything. */
function formRefusal(message: unknown): string | null {
  const form = 'The message must be {"who": "…", "why": "…"}.';
  if (typeof message !== 'object' || message === null) return form;
  const { who, why, token } = message as Record<string, unknown>;
  if (typeof who !== 'string' || typeof why !== 'string') return form;
  return token === undefined || typeof token === 'string' ? null : 'The token must be text.';
}
