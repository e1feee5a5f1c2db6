import type { Client } from '@temporalio/client';
import { rolloutWorkflowId } from '../rollout';
import type { EndpointState } from '../rollout';
import { nearestOf } from '../spec/nearest';
import { askEndpoint } from './ask';
import type { Answer } from './ask';
import { EXIT } from './exit-codes';
import { Mistake } from './mistakes';

/** What people name on the command line: an endpoint, or one rollout by its workflow id. */
export type Target =
  { readonly kind: 'endpoint'; readonly endpoint: string } | { readonly kind: 'rollout'; readonly id: string };

/** `product-reviews`, `endpoint/product-reviews` or `rollout/product-reviews/7`. */
export function parseTarget(text: string): Target {
  if (text.startsWith('rollout/')) return { kind: 'rollout', id: text };
  return { kind: 'endpoint', endpoint: text.replace(/^endpoint\//, '') };
}

/** The id of the rollout that runs on the target now. Throws a `Mistake` when none does. */
export async function runningRollout(client: Client, target: Target): Promise<string> {
  if (target.kind === 'rollout') return target.id;
  const { endpoint } = target;
  const answer = await askKnownEndpoint(client, endpoint);
  const id =
    answer.kind === 'answered' ? answer.value.running?.id : await newestRollout(client, { endpoint, running: true });
  if (id !== undefined && id !== null) return id;
  throw new Mistake(`No rollout is running on ${endpoint}. See what was: sluice status ${endpoint}`);
}

/** The id of the rollout that runs on the target, or else of the last one. Throws a `Mistake` when there never was one. */
export async function latestRollout(client: Client, target: Target): Promise<string> {
  if (target.kind === 'rollout') return target.id;
  const { endpoint } = target;
  const answer = await askKnownEndpoint(client, endpoint);
  const id =
    answer.kind === 'answered' ? latestOf(answer.value) : await newestRollout(client, { endpoint, running: false });
  if (id !== null) return id;
  throw neverRolledOut(endpoint);
}

/** The error for an endpoint that is known, and whose rollouts nobody can name. */
export function neverRolledOut(endpoint: string): Mistake {
  return new Mistake(`Nothing was ever rolled out on ${endpoint}.`);
}

/** Asks the owner of an endpoint; throws a `Mistake` that names the nearest endpoint when there is none. */
export async function askKnownEndpoint(
  client: Client,
  endpoint: string
): Promise<Exclude<Answer<EndpointState>, { kind: 'unknown' }>> {
  const answer = await askEndpoint(client, endpoint);
  if (answer.kind !== 'unknown') return answer;
  const known = await endpoints(client).catch(() => []);
  const nearest = nearestOf(endpoint, known);
  const hint = nearest === undefined ? 'List what Sluice knows: sluice status' : `Did you mean ${nearest}?`;
  throw new Mistake(`Sluice knows no endpoint ${endpoint}. ${hint}`);
}

/** Names of the endpoints that have an owner, newest first; at most 500. */
export async function endpoints(client: Client): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: "WorkflowType = 'endpoint' AND ExecutionStatus = 'Running'",
    pageSize: 100,
  })) {
    names.push(workflowId.replace(/^endpoint\//, ''));
    if (names.length >= 500) break;
  }
  return names;
}

/** The error for a rollout id that Temporal does not know. */
export function unknownRollout(id: string): Mistake {
  return new Mistake(`There is no rollout ${id}. List what runs: sluice status`);
}

/** The error for a worker that does not answer, with what helps. */
export function nobodyAnswers(why: string): Mistake {
  return new Mistake(
    `No worker answers (${why}). Start one: sluice worker, or look at it: sluice doctor`,
    EXIT.unreachable
  );
}

function latestOf({ running, past }: EndpointState): string | null {
  return running?.id ?? past[0]?.id ?? null;
}

/** Without a worker the lists are all there is; they lag a second or so behind. */
export async function newestRollout(
  client: Client,
  input: { readonly endpoint: string; readonly running: boolean }
): Promise<string | null> {
  const prefix = rolloutWorkflowId(input.endpoint, 0).slice(0, -1).replaceAll("'", "''");
  const running = input.running ? " AND ExecutionStatus = 'Running'" : '';
  let newest: { readonly id: string; readonly startedMs: number } | null = null;
  for await (const info of client.workflow.list({
    query: `WorkflowType = 'rollout' AND WorkflowId STARTS_WITH '${prefix}'${running}`,
  })) {
    const startedMs = info.startTime.getTime();
    if (newest === null || startedMs > newest.startedMs) newest = { id: info.workflowId, startedMs };
  }
  return newest?.id ?? null;
}
