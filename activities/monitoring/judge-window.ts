import { TRAINED_BASELINE, windowKey } from '../../rollout';
import type { MonitorRequest, WindowOutcome } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { keptWindow, memoryBefore, memoryUri, monitorHome, readJson, windowHome, writeJson } from './keep';
import { baselineTaskFor, evidenceNow, taskFor } from './task-for';
import type { KeptWindow, WindowRun } from './run-types';
import type { MonitorOutcome, MonitorTask } from './types';

/** Who computes. */
export type Engine = (task: MonitorTask, run: WindowRun) => Promise<MonitorOutcome>;

export interface JudgeDeps {
  readonly aws: AwsClients;
  readonly now: () => number;
  readonly engines: Readonly<Record<MonitorRequest['monitor']['engine'], Engine>>;
  /** Told of every regular window. */
  readonly publish: (run: WindowRun, outcome: WindowOutcome) => Promise<void>;
}

/**
 * Judges one window and keeps what came of it. A repetition judges again and writes the same. The detectors' memory goes from regular window to
 * regular window; a correction reads what lay before its window, and leaves none.
 */
export async function judgeWindow(deps: JudgeDeps, run: WindowRun): Promise<WindowOutcome> {
  const { request, window, purpose, target } = run;
  const { s3 } = deps.aws;
  const kept = purpose === 'correction' ? await keptWindow(s3, request, window) : null;
  const output = outputOf(run, kept);
  const known = request.monitor.baseline ?? target.baseline ?? (await ownBaseline(deps, run));
  if (known === null) return keep(deps, run, { kept, outcome: withoutBaseline(run) });
  // A correction is judged by what was known before its window, as it was at first; what it carries is dropped.
  const carried = purpose === 'candidate' ? undefined : await memoryBefore(s3, request, window);
  const task = {
    ...taskFor(request, { target: { ...target, baseline: known }, window, output }),
    ...(carried !== undefined && { carried }),
  };
  // Before it is read: what comes meanwhile will be seen as late, and nothing is missed.
  const sha256 = await evidenceNow({ s3 }, request, task);
  const judged = await deps.engines[request.monitor.engine](task, run);
  // Written before the outcome: a window that counts as judged has left its memory.
  if (purpose === 'regular' && judged.carry !== null) await writeJson(s3, memoryUri(request, window), judged.carry);
  const outcome: WindowOutcome = {
    window,
    verdict: judged.verdict,
    reason: judged.reason,
    rows: judged.rows,
    violations: judged.violations,
    violationCount: judged.violationCount,
    output,
    sha256,
  };
  return keep(deps, { ...run, target: { ...target, baseline: known } }, { kept, outcome });
}

/**
 * What people do after a call is in no training data, and no model is there to be asked. The first regular window of a model that has rows is the baseline of such a monitor, and is
 * itself judged against it.
 */
async function ownBaseline(deps: JudgeDeps, run: WindowRun): Promise<string | null> {
  const { request, window, target } = run;
  if (TRAINED_BASELINE.includes(request.monitor.kind)) return null;
  const output = `${monitorHome(request)}/baselines/${target.version}`;
  // SageMaker's images leave no word of ours.
  for (const file of ['reading.json', 'analysis.json'])
    if ((await readJson(deps.aws.s3, `${output}/${file}`)) !== null) return output;
  if (run.purpose !== 'regular') return null;
  const task = baselineTaskFor(request, { target, window, output });
  // Clarify makes baselines of datasets; of captured records it judges only.
  const isForeign = request.monitor.engine === 'modelMonitor' && task.data.kind === 'captures';
  const made = await deps.engines[isForeign ? 'worker' : request.monitor.engine](task, run);
  return made.rows.used > 0 ? output : null;
}

function outputOf({ request, window, purpose, target }: WindowRun, kept: KeptWindow | null): string {
  switch (purpose) {
    case 'regular':
      return windowHome(request, window);
    case 'correction':
      return `${windowHome(request, window)}/corrected-${(kept?.before.length ?? 0) + 1}`;
    case 'candidate':
      return `${monitorHome(request)}/candidates/${target.version}/${windowKey(window)}`;
  }
}

async function keep(
  deps: JudgeDeps,
  run: WindowRun,
  { kept, outcome }: { readonly kept: KeptWindow | null; readonly outcome: WindowOutcome }
): Promise<WindowOutcome> {
  const { request, target, window, purpose } = run;
  if (purpose !== 'candidate') {
    const before =
      kept === null
        ? []
        : [...kept.before, { verdict: kept.outcome.verdict, output: kept.outcome.output, atMs: deps.now() }];
    const whole: KeptWindow = { schema: 1, target, outcome, before };
    await writeJson(deps.aws.s3, `${windowHome(request, window)}/outcome.json`, whole);
  }
  if (purpose !== 'correction') await deps.publish(run, outcome);
  return outcome;
}

function withoutBaseline({ request, target, window }: WindowRun): WindowOutcome {
  return {
    window,
    verdict: 'inconclusive',
    reason: `There is no ${request.monitor.kind} baseline of ${target.version}. Write \`baseline: { dataset: … }\` in its rollout file, or \`baseline: s3://…\` in the monitor.`,
    rows: { read: 0, used: 0 },
    violations: [],
    violationCount: 0,
    output: '',
    sha256: null,
  };
}
