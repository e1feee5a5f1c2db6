import type { Client } from '@temporalio/client';
import { duration } from '../report/words';
import { SLUICE_CANDIDATE, SLUICE_PHASE, SLUICE_SHARE_PCT } from '../workflows/search-attributes';
import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { table } from './table';
import { endpoints } from './target';
import { print, printJson } from './verb';

interface Running {
  readonly id: string;
  readonly endpoint: string;
  readonly candidate: string | null;
  readonly phase: string | null;
  readonly sharePct: number | null;
  readonly startedAtMs: number;
}

/** Shows all endpoints, a line each: from Temporal's lists alone, so it needs no worker, and may lag a second behind. */
export async function showAll(
  surroundings: Surroundings,
  input: { readonly client: Client; readonly json: boolean }
): Promise<ExitCode> {
  const [names, running] = await Promise.all([endpoints(input.client), runningRollouts(input.client)]);
  const all = [...new Set([...running.map(({ endpoint }) => endpoint), ...names])];
  const rows = all.map((endpoint) => ({ endpoint, running: running.find((one) => one.endpoint === endpoint) ?? null }));
  if (input.json) {
    printJson(surroundings, { endpoints: rows });
    return EXIT.done;
  }
  if (rows.length === 0) {
    print(surroundings, 'No endpoint yet. Start a rollout: sluice deploy <file>');
    return EXIT.done;
  }
  const nowMs = surroundings.now();
  print(
    surroundings,
    ...table(
      ['endpoint', 'candidate', 'phase', 'share', 'since', 'rollout'],
      rows.map(({ endpoint, running: one }) =>
        one === null
          ? [endpoint, '-', 'idle', '', '', '']
          : [
              endpoint,
              one.candidate ?? '?',
              one.phase ?? 'running',
              one.sharePct === null ? '' : `${one.sharePct} %`,
              duration(nowMs - one.startedAtMs),
              one.id,
            ]
      )
    )
  );
  return EXIT.done;
}

async function runningRollouts(client: Client): Promise<readonly Running[]> {
  const found: Running[] = [];
  for await (const info of client.workflow.list({
    query: "WorkflowType = 'rollout' AND ExecutionStatus = 'Running'",
    pageSize: 100,
  })) {
    const attributes = info.typedSearchAttributes;
    found.push({
      id: info.workflowId,
      endpoint: info.workflowId.replace(/^rollout\//, '').replace(/\/\d+$/, ''),
      candidate: attributes.get(SLUICE_CANDIDATE) ?? null,
      phase: attributes.get(SLUICE_PHASE) ?? null,
      sharePct: attributes.get(SLUICE_SHARE_PCT) ?? null,
      startedAtMs: info.startTime.getTime(),
    });
  }
  return found;
}
