import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { shellWord } from '../report/words';
import { readWorkerConfig } from '../worker/config';
import type { ClientConnection } from '../worker/connection';
import { checkPollers } from '../worker/doctor-checks';
import type { Check } from '../worker/doctor-checks';
import { ownerStart } from '../worker/owner';
import { submitUpdate } from '../workflows/messages';
import type { SubmitReceipt, SubmitRequest } from '../workflows/messages';
import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import { Mistake } from './mistakes';

/** A worker answers within a second or two, also one that has to load the workflow first. */
const ANSWER_MS = 30_000;
const POLLER_ATTEMPTS = 10;
const POLLER_PAUSE_MS = 400;

/**
 * Hands a rollout to the endpoint's owner, which is started when there is none. Throws a `Mistake`: exit code 2 when another rollout runs,
 * 3 when no worker is there, 4 when one did not answer in time.
 */
export async function submitRollout(
  temporal: ClientConnection,
  input: { readonly surroundings: Surroundings; readonly request: SubmitRequest }
): Promise<SubmitReceipt> {
  const { client } = temporal;
  const { spec } = input.request;
  const { taskQueue, searchAttributes } = readWorkerConfig(input.surroundings.env);
  const poller = await awaitPoller(temporal, taskQueue);
  if (!poller.ok) throw new Mistake(`Nothing was started: ${poller.found}. ${poller.remedy ?? ''}`, EXIT.unreachable);
  const start = ownerStart({
    endpoint: spec.endpoint,
    taskQueue,
    searchAttributes: searchAttributes === 'on',
  });
  try {
    return await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflow.executeUpdateWithStart(submitUpdate, {
        startWorkflowOperation: start,
        args: [input.request],
        updateId: randomUUID(),
      })
    );
  } catch (error) {
    throw explain(error, spec.endpoint);
  }
}

/** Without a worker the owner would never answer. A worker that was started a moment ago needs a second or two to be listed. */
export async function awaitPoller(temporal: ClientConnection, taskQueue: string): Promise<Check> {
  for (let attempt = 1; ; attempt += 1) {
    const check = await checkPollers(temporal, { taskQueue });
    if (check.ok || attempt >= POLLER_ATTEMPTS) return check;
    await delay(POLLER_PAUSE_MS);
  }
}

function explain(error: unknown, endpointName: string): unknown {
  const look = `sluice status ${shellWord(endpointName)}`;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (type !== 'RolloutRunning') return new Mistake(`Not started: ${message}`, EXIT.internal, { cause: error });
    return new Mistake(
      `Not started: ${message}\nSee it: ${look}\nStop it: sluice abort ${shellWord(endpointName)} --why 'say why'`,
      EXIT.badInput,
      { cause: error }
    );
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const text = `No answer within ${ANSWER_MS / 1000} s: the worker may just have gone. The rollout may still start when one is back. Look first: ${look}`;
    return new Mistake(text, EXIT.timedOut, { cause: error });
  }
  return error;
}
