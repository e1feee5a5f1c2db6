import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { systemBaseline } from '../../monitors/system/baseline';
import { judgeSystem } from '../../monitors/system/judge';
import { parseSystemOptions } from '../../monitors/system/options';
import type { PipelineEvidence } from '../../monitors/system/types';
import type { Json } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { evidenceOf } from './objects';
import { judged } from './run-monitor';
import { readSystem } from './read-system';
import type { MonitorOutcome } from './types';

export interface SystemTask {
  readonly endpoint: string;
  /** Of the monitor, as they stand in the file. */
  readonly options: Readonly<Record<string, Json>>;
  /** Half open; CloudWatch's last two minutes are left for the next window. */
  readonly window: { readonly fromMs: number; readonly toMs: number };
  /** How much of what went before the window is the baseline; null: only limits judge. */
  readonly historyMs: number | null;
  /** What is known of monitors, workers and schedules; null: nobody looked. */
  readonly pipeline: PipelineEvidence | null;
  /** Prefix that `report.json` and the artefacts are written below; null: nothing is written. */
  readonly output: string | null;
  readonly carried: Json | null;
}

/** Reads an endpoint's own numbers from CloudWatch, Application Auto Scaling and the capture bucket, and judges them. */
export async function runSystemMonitor(
  deps: Pick<ActivityDeps, 'aws' | 'objects' | 'now' | 'heartbeat'>,
  task: SystemTask
): Promise<MonitorOutcome> {
  const parsed = parseSystemOptions(task.options);
  if ('problems' in parsed)
    throw new FailureError(
      'InvalidRequest',
      parsed.problems.map(({ option, what, remedy }) => `${option}: ${what}. ${remedy}`).join(' ')
    );
  const asOfMs = deps.now();
  const { endpoint, window, historyMs } = task;
  const evidence = await readSystem(deps, { endpoint, window, asOfMs, withCapture: true });
  deps.heartbeat({ doing: 'history' });
  const history =
    historyMs === null
      ? null
      : await readSystem(deps, {
          endpoint,
          window: { fromMs: window.fromMs - historyMs, toMs: window.fromMs },
          asOfMs,
          withCapture: false,
        });
  const checked = judgeSystem(
    { ...evidence, pipeline: task.pipeline },
    {
      baseline: history === null ? null : systemBaseline(history),
      limits: parsed.options,
      asOfMs,
      carried: task.carried ?? undefined,
    }
  );
  if (task.output !== null) {
    const { bucket, prefix } = parseS3Location(task.output);
    const files = { ...checked.artefacts, 'report.json': checked.report };
    for (const [name, file] of Object.entries(files))
      await deps.aws.s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: prefix === '' ? name : `${prefix}/${name}`,
          Body: `${JSON.stringify(file, null, 2)}\n`,
          ContentType: 'application/json',
        })
      );
  }
  return {
    ...judged(checked),
    monitor: 'system',
    output: task.output ?? '',
    evidence: evidenceOf(checked.report.evidence),
  };
}
