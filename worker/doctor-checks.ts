import { access } from 'node:fs/promises';
import { ListEndpointsCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { isGrpcServiceError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { Environment } from './config';
import type { ClientConnection } from './connection';
import { checkSearchAttributes, cliType, createCommand } from './search-attributes';
import { cachedPath, type Origin } from './server/cache';
import { thisPlatform } from './server/platform';
import type { BinaryKind } from './server/source';
import { messageOf } from './thrown';

/** One thing that has to be right, what was found, and what to do when it is not. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** Null when nothing has to be done. */
  readonly remedy: string | null;
}

const fine = (name: string, found: string): Check => ({ name, ok: true, found, remedy: null });
const wrong = (name: string, found: string, remedy: string): Check => ({ name, ok: false, found, remedy });

function reasonOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details || error.message;
  return messageOf(error);
}

/** package.json's `engines`: 20.3 is the oldest that Temporal's SDK supports. */
const OLDEST_NODE: readonly [number, number] = [20, 3];

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const enough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return enough
    ? fine('Node.js', version)
    : wrong('Node.js', version, `Install Node.js ${OLDEST_NODE.join('.')} or newer: https://nodejs.org`);
}

const DEADLINE_MS = 5_000;

export async function checkNamespace({ connection, namespace, address }: ClientConnection): Promise<Check> {
  try {
    await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      connection.workflowService.describeNamespace({ namespace })
    );
    return fine('Namespace', namespace);
  } catch (error) {
    return wrong(
      'Namespace',
      `${namespace}: ${reasonOf(error)}`,
      `Set TEMPORAL_NAMESPACE, or run: temporal operator namespace create --address ${address} --namespace ${namespace}`
    );
  }
}

export async function checkAttributes({ connection, namespace, address }: ClientConnection): Promise<Check> {
  const name = 'Search attributes';
  try {
    const { missing, wrongType } = await checkSearchAttributes(connection, { namespace });
    if (missing.length > 0) {
      const names = missing.map((attribute) => attribute.name).join(', ');
      return wrong(name, `missing: ${names}`, `Run: ${createCommand(missing, { namespace, address })}`);
    }
    if (wrongType.length > 0) {
      const list = wrongType.map((at) => `${at.name} is ${at.found}, not ${cliType(at.type)}`).join(', ');
      return wrong(
        name,
        list,
        'Remove them (temporal operator search-attribute remove), or set SLUICE_SEARCH_ATTRIBUTES=off'
      );
    }
    return fine(name, 'all registered');
  } catch (error) {
    return wrong(name, reasonOf(error), 'Ask an operator to register them, or set SLUICE_SEARCH_ATTRIBUTES=off');
  }
}

export async function checkPollers(
  { connection, namespace }: ClientConnection,
  { taskQueue }: { readonly taskQueue: string }
): Promise<Check> {
  const name = 'Worker';
  const remedy = 'Start one: `sluice dev`, or `node dist/worker/main.js` beside a cluster';
  try {
    const { TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;
    const { pollers } = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
      })
    );
    const identities = [...new Set((pollers ?? []).map((poller) => poller.identity ?? '?'))];
    return identities.length > 0
      ? fine(name, `${identities.length} polling "${taskQueue}": ${identities.join(', ')}`)
      : wrong(name, `nobody polls "${taskQueue}"`, remedy);
  } catch (error) {
    return wrong(name, reasonOf(error), remedy);
  }
}

/** Asks SageMaker for one endpoint: region, credentials, permission and network in one call that changes nothing. */
export async function checkSageMaker(client: SageMakerClient, deadlineMs = DEADLINE_MS): Promise<Check> {
  const name = 'SageMaker';
  const abortSignal = AbortSignal.timeout(deadlineMs);
  try {
    await client.send(new ListEndpointsCommand({ MaxResults: 1 }), { abortSignal });
    const [region, endpoint] = await Promise.all([client.config.region(), client.config.endpoint?.()]);
    const at = endpoint === undefined ? '' : ` at ${endpoint.protocol}//${endpoint.hostname}:${endpoint.port ?? ''}`;
    return fine(name, `answers in ${region}${at}`);
  } catch (error) {
    const found = abortSignal.aborted ? `no answer within ${deadlineMs} ms` : reasonOf(error);
    return wrong(
      name,
      found,
      'Set AWS_REGION and credentials (AWS_PROFILE), allow sagemaker:ListEndpoints; for the sandbox run `sluice sandbox` and set AWS_ENDPOINT_URL'
    );
  }
}

const ORIGINS: readonly Origin[] = ['sdk', 'wheel'];
const KINDS: readonly BinaryKind[] = ['cli', 'test-server'];

/** What earlier runs downloaded. Nothing yet is fine: the first run will. */
export async function checkCache(env: Environment): Promise<Check> {
  const name = 'Downloaded servers';
  const platform = thisPlatform();
  if (platform === undefined) {
    return wrong(
      name,
      `nobody builds them for ${process.platform}-${process.arch}`,
      'Set TEMPORAL_ADDRESS to a cluster'
    );
  }
  const files = KINDS.flatMap((kind) => ORIGINS.map((origin) => cachedPath(kind, { origin, env, platform })));
  const present = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => [file],
        () => []
      )
    )
  );
  return fine(name, present.flat().join(', ') || 'none yet; fetched when first needed');
}
