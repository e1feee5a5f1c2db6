import { WorkflowFailedError } from '@temporalio/client';
import { monitorWorkflowId } from '../../rollout';
import type { MonitorResult } from '../../rollout';
import { monitorLines } from '../../report/monitor';
import { shellWord } from '../../report/words';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { nearestOf } from '../../spec/nearest';
import { readWorkerConfig } from '../../worker/config';
import { monitorRequest } from '../../worker/schedules/monitors';
import type { monitor } from '../../workflows';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { awaitPoller } from '../submit';
import { withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { notice, print, printJson } from '../verb';
import type { VerbContext } from '../verb';

export interface RunOptions extends TemporalOptions {
  readonly at?: string;
  readonly json?: boolean;
}

/** Runs monitors of a file once, now or for a past nominal time, and prints what they found. */
export async function runMonitors(
  context: VerbContext,
  input: { readonly file: string; readonly name: string | undefined; readonly options: RunOptions }
): Promise<ExitCode> {
  const { file, name, options } = input;
  const json = options.json ?? false;
  const spec = await loadRolloutFile(context, { file, json });
  if (spec === null) return EXIT.badInput;
  const monitors = chosen(spec, name, file);
  const nominalMs = options.at === undefined ? context.now() : momentOf(options.at);
  const { taskQueue, searchAttributes } = readWorkerConfig(context.env);
  return withTemporal({ surroundings: context, options }, async (temporal) => {
    const poller = await awaitPoller(temporal, taskQueue);
    if (!poller.ok) throw new Mistake(`Nothing was run: ${poller.found}. ${poller.remedy ?? ''}`, EXIT.unreachable);
    const results: MonitorResult[] = [];
    for (const one of monitors) {
      const request = { ...monitorRequest(spec, one, searchAttributes === 'on'), nominalMs };
      const id = monitorWorkflowId(spec.endpoint, one.name, nominalMs);
      if (!json) notice(context, `${one.name}: running as ${id} ...`);
      const handle = await temporal.client.workflow.start<typeof monitor>('monitor', {
        workflowId: id,
        taskQueue,
        args: [{ ...request, monitor: { ...one, lagMs: options.at === undefined ? 0 : one.lagMs } }],
        staticSummary: `${one.kind} of ${spec.endpoint}`,
        // Asked for twice at once, it is run once.
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      try {
        results.push(await handle.result());
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw error;
        const cause = error.cause?.cause instanceof Error ? error.cause.cause : (error.cause ?? error);
        throw new Mistake(`${one.name} did not run: ${cause.message}`, EXIT.internal, { cause: error });
      }
    }
    if (json) printJson(context, name === undefined ? results : results[0]);
    else print(context, ...results.flatMap((result) => monitorLines(result)));
    return codeOf(results);
  });
}

/** As `sluice check` ends: violated, undecided, or done. */
function codeOf(results: readonly MonitorResult[]): ExitCode {
  const verdicts = results.map(({ outcome }) => outcome.verdict);
  if (verdicts.includes('fail')) return EXIT.violated;
  return verdicts.every((verdict) => verdict === 'pass') ? EXIT.done : EXIT.undecided;
}

function chosen(spec: RolloutSpec, name: string | undefined, file: string): readonly MonitorSpec[] {
  const { monitors = [] } = spec;
  if (monitors.length === 0)
    throw new Mistake(
      `${file} has no monitors. Write for example \`monitors: [{ kind: dataQuality, schedule: hourly }]\`.`
    );
  if (name === undefined) return monitors;
  const found = monitors.filter((one) => one.name === name);
  if (found.length > 0) return found;
  const names = monitors.map((one) => one.name);
  const nearest = nearestOf(name, names);
  const hint = nearest === undefined ? `It has ${names.join(', ')}.` : `Did you mean ${shellWord(nearest)}?`;
  throw new Mistake(`${file} has no monitor ${name}. ${hint}`);
}

function momentOf(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new Mistake(`--at is ${text}; write a time such as 2026-11-29T02:00:00Z.`);
  return ms;
}
