import { ApplicationFailure } from '@temporalio/common';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Command } from 'commander';
import type { PersonMessage, SpokenVerb } from '../workflows/messages';
import { askRollout } from './ask';
import { actorOf } from './environment';
import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { Mistake } from './mistakes';
import { nobodyAnswers, parseTarget, runningRollout, unknownRollout } from './target';
import { temporalOptions, withTemporal } from './temporal';
import type { TemporalOptions } from './temporal';
import { print, printJson } from './verb';

export interface PersonOptions extends TemporalOptions {
  readonly why: string;
  readonly who?: string;
  readonly token?: string;
  readonly json?: boolean;
}

export interface PersonVerb {
  readonly name: SpokenVerb | 'withdraw';
  readonly update: UpdateDefinition<string, [PersonMessage]>;
  /** Sent when no worker is there to answer: Temporal keeps it until one is. Null where an order must not act unseen, later. */
  readonly signal: SignalDefinition<[PersonMessage]> | null;
}

/** A worker answers within a second; this leaves room for one that is just starting. */
const ANSWER_MS = 15_000;
/** What is said of an order that nobody answered. */
export const NO_ANSWER = `none did within ${ANSWER_MS / 1000} s`;

/** Arguments and options that all verbs of people share. */
export function personOptions(command: Command): Command {
  command
    .argument('<endpoint>', 'endpoint, or the id of a rollout (rollout/<endpoint>/<number>)')
    .requiredOption('--why <text>', 'the reason; it is kept with the decision')
    .option('--who <name>', 'who decides, as the rollout file names people (default: $SLUICE_USER, git e-mail, $USER)')
    .option(
      '--token <jwt>',
      'where an approval asks for it: a signed token that says who you are (default: $SLUICE_TOKEN)'
    )
    .option('--json', 'print the answer as JSON');
  return temporalOptions(command);
}

/** Says `verb` to the rollout that runs on the target and prints the answer. Throws a `Mistake` when it is refused. */
export async function sayTo(input: {
  readonly surroundings: Surroundings;
  readonly target: string;
  readonly options: PersonOptions;
  readonly verb: PersonVerb;
}): Promise<ExitCode> {
  const { surroundings, options, verb } = input;
  const message = messageOf(surroundings, options);
  return withTemporal({ surroundings, options }, async ({ client }) => {
    const id = await runningRollout(client, parseTarget(input.target));
    const answer = await tell({ client, id, message, verb });
    // A token is a secret: it is shown to nobody.
    const { who, why } = message;
    if (options.json) printJson(surroundings, { rollout: id, verb: verb.name, who, why, answer });
    else print(surroundings, `${id}: ${answer}`);
    return EXIT.done;
  });
}

/** What a person says, checked. */
export function messageOf(
  surroundings: Surroundings,
  options: Pick<PersonOptions, 'who' | 'why' | 'token'>
): PersonMessage {
  const token = options.token ?? surroundings.env['SLUICE_TOKEN'];
  const who = options.who ?? actorOf(surroundings.env) ?? (token === undefined ? null : 'the bearer of a token');
  if (who === null || who.trim() === '')
    throw new Mistake('Nobody knows who you are: say --who <name>, or set SLUICE_USER.');
  if (options.why.trim() === '') throw new Mistake('Say why: the reason is kept with the decision.');
  return { who, why: options.why, ...(token !== undefined && { token }) };
}

/** Says it to a workflow and returns the answer. Throws a `Mistake` when it is refused. */
export async function tell(input: {
  readonly client: Client;
  readonly id: string;
  readonly message: PersonMessage;
  readonly verb: PersonVerb;
}): Promise<string> {
  const { client, id, message, verb } = input;
  const answer = await order(client, { id, update: verb.update, message });
  if (answer.kind === 'answered') return answer.value;
  if (answer.kind === 'unknown') throw await gone(client, id);
  if (verb.signal === null) throw nobodyAnswers(`${NO_ANSWER}; your ${verb.name} may still arrive when one does`);
  await client.workflow.getHandle(id).signal(verb.signal, message);
  return `no worker answers now; Temporal keeps your ${verb.name} and the next worker obeys it first.`;
}

/** `unknown`: there is no such workflow, or it has ended. `silent`: no worker answers. */
export type OrderAnswer<T> =
  { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'unknown' } | { readonly kind: 'silent' };

/** Orders something of a workflow and waits for its answer as long as a worker may need. Throws a `Mistake` when it is refused. */
export async function order<T, M>(
  client: Client,
  of: { readonly id: string; readonly update: UpdateDefinition<T, [M]>; readonly message: M }
): Promise<OrderAnswer<T>> {
  const { id, update, message } = of;
  try {
    const value = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflow.getHandle(id).executeUpdate(update, { args: [message] })
    );
    return { kind: 'answered', value };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refused(id, error);
    if (error instanceof WorkflowNotFoundError) return { kind: 'unknown' };
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'silent' };
    throw error;
  }
}

function refused(id: string, error: WorkflowUpdateFailedError): Mistake {
  const { cause } = error;
  const why = cause instanceof ApplicationFailure || cause instanceof Error ? cause.message : error.message;
  return new Mistake(`${id} refused: ${why}`, EXIT.badInput, { cause: error });
}

/** A closed workflow takes no updates, and Temporal says the same as for one that never was. */
async function gone(client: Client, id: string): Promise<Mistake> {
  const answer = await askRollout(client, id);
  if (answer.kind === 'unknown') return unknownRollout(id);
  const how =
    answer.kind === 'answered' && answer.value.phase.kind === 'ended' ? ` (${answer.value.phase.outcome.kind})` : '';
  return new Mistake(`${id} has ended${how}; there is nothing to decide any more.`);
}
