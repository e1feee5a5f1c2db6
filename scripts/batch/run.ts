import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { batchWorkflowId, nominalOf } from '../../batch';
import { shellWord } from '../../report/words';
import type { BatchSpec } from '../../spec/types';
import { readWorkerConfig } from '../../worker/config';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { awaitPoller } from '../submit';
import { withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { uiLink } from '../ui-link';
import { notice, print, printJson } from '../verb';
import type { VerbContext } from '../verb';
import { oneBatchOf, requestOf } from './select';
import { concludeBatch, watchBatch } from './watch';

export interface RunOptions extends TemporalOptions {
  readonly date?: string;
  readonly at?: string;
  readonly watch?: boolean;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** `sluice batch run`: one run by hand, for today or for another date. */
export async function runBatch(
  context: VerbContext,
  of: { readonly file: string; readonly name: string | undefined; readonly options: RunOptions }
): Promise<ExitCode> {
  const { file, name, options } = of;
  const { json = false } = options;
  const spec = await loadRolloutFile(context, { file, json });
  if (spec === null) return EXIT.badInput;
  const batch = oneBatchOf(spec, file, name);
  const nominalMs = nominalTime(options, batch, context.now());
  const { taskQueue } = readWorkerConfig(context.env);
  return withTemporal({ surroundings: context, options }, async (temporal) => {
    const poller = await awaitPoller(temporal, taskQueue);
    if (!poller.ok) throw new Mistake(`Nothing was started: ${poller.found}. ${poller.remedy ?? ''}`, EXIT.unreachable);
    const workflowId = batchWorkflowId(spec.endpoint, batch.name, nominalMs);
    try {
      await temporal.client.workflow.start('batch', {
        workflowId,
        taskQueue,
        args: [{ request: requestOf(spec, batch), nominalMs, carried: null }],
        staticSummary: `Batch ${batch.name} of ${spec.endpoint}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new Mistake(`${workflowId} is running already. Follow it: sluice batch watch ${shellWord(workflowId)}`);
    }
    const link = uiLink({ env: context.env, address: temporal.address, namespace: temporal.namespace, workflowId });
    const watch = options.watch === true;
    if (json) {
      const started = { run: workflowId, nominal: new Date(nominalMs).toISOString(), link };
      if (watch) context.out.write(`${JSON.stringify(started)}\n`);
      else printJson(context, started);
    } else
      (watch ? notice : print)(
        context,
        `Started ${workflowId}.`,
        ...(link === null ? [] : [`See it in Temporal: ${link}`]),
        ...(watch ? [] : [`Follow it: sluice batch watch ${shellWord(workflowId)}`])
      );
    if (!watch) return EXIT.done;
    const { timeout: timeoutMs } = options;
    const end = await watchBatch(context, {
      ...{ client: temporal.client, id: workflowId, json },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    return concludeBatch(context, { id: workflowId, end, json });
  });
}

function nominalTime({ date, at }: RunOptions, batch: BatchSpec, nowMs: number): number {
  if (date !== undefined && at !== undefined) throw new Mistake('Say --date or --at, not both.');
  if (at !== undefined) {
    const ms = Date.parse(at);
    if (Number.isNaN(ms) || !/Z|[+-]\d\d:?\d\d$/.test(at))
      throw new Mistake(`--at is ${at}; write a moment with its zone, for example 2026-11-28T02:00:00Z.`);
    return Math.floor(ms / 1_000) * 1_000;
  }
  if (date !== undefined) {
    expectDate('--date', date);
    return nominalOf(date, { timezone: batch.timezone, lagMs: batch.dataLagMs });
  }
  // Ids and addresses tell seconds.
  return Math.floor(nowMs / 1_000) * 1_000;
}

/** Throws a `Mistake` for what is no date of the calendar. */
export function expectDate(option: string, text: string): void {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw new Mistake(`${option} is ${text}; write a date, for example 2026-11-28.`);
}
