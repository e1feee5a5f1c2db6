import type { S3Client } from '@aws-sdk/client-s3';
import { READING_FILE, REPORT_FILE } from '../../monitors/run/folder';
import type { ReadingFile } from '../../monitors/run/folder';
import { systemBaseline } from '../../monitors/system/baseline';
import { BASELINE_FILE, judgeSystem } from '../../monitors/system/judge';
import { parseSystemOptions } from '../../monitors/system/options';
import type { PipelineEvidence, SystemBaseline, SystemEvidence, SystemLimits } from '../../monitors/system/types';
import { FailureError } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { readJson, writeJson } from './keep';
import { evidenceOf } from './objects';
import { readSystem } from './read-system';
import { judged, suggested } from './run-monitor';
import type { MonitorOutcome, MonitorTask } from './types';

export type SystemDeps = Pick<ActivityDeps, 'aws' | 'objects' | 'now' | 'heartbeat'> & {
  /** How the endpoint's monitors and batches did; null where nothing is scheduled. */
  readonly readPipeline: (of: Pick<SystemEvidence, 'endpoint' | 'window'>) => Promise<PipelineEvidence | null>;
};

/**
 * `runMonitor` for a kind that reads no data: an endpoint's own numbers from CloudWatch, Application Auto Scaling and the capture bucket, and how
 * its monitors and batches themselves do. Where `baseline` is null it makes one of what was before the window's end; else it judges the window against that.
 */
export async function runSystemMonitor(deps: SystemDeps, task: MonitorTask): Promise<MonitorOutcome> {
  const limits = limitsOf(task);
  const { data, window, output } = task;
  if (data.kind !== 'captures' || window === null)
    throw new FailureError('InvalidRequest', 'A system monitor watches an endpoint, in a window of time.');
  const { s3 } = deps.aws;
  const { endpoint } = data;
  const asOfMs = deps.now();
  const read = async (of: SystemEvidence['window'], withCapture: boolean): Promise<SystemEvidence> => {
    const evidence = await readSystem(deps, { endpoint, window: of, asOfMs, withCapture });
    const variants = evidence.variants.filter(({ variant }) => data.variants?.includes(variant) ?? true);
    return { ...evidence, variants };
  };
  const about = { monitor: 'system', output } as const;
  const keys = [{ source: `cloudwatch:AWS/SageMaker/${endpoint}`, etag: null, bytes: 0 }];
  if (task.baseline === null) {
    const history = await read({ fromMs: window.toMs - limits.historyMs, toMs: window.toMs }, false);
    const baseline = systemBaseline(history);
    const reading = readingOf(task, { baseline, evidence: keys });
    await writeJson(s3, `${output}/${BASELINE_FILE}`, baseline);
    // Last: where it lies, there is a whole baseline.
    await writeJson(s3, `${output}/${READING_FILE}`, reading);
    return { ...suggested(reading), ...about, evidence: evidenceOf(keys) };
  }
  const baseline = await baselineAt(s3, task.baseline);
  const evidence = { ...(await read(window, true)), pipeline: await deps.readPipeline({ endpoint, window }) };
  const checked = judgeSystem(evidence, { baseline, limits, asOfMs, carried: task.carried });
  for (const [name, file] of Object.entries({ ...checked.artefacts, [REPORT_FILE]: checked.report }))
    await writeJson(s3, `${output}/${name}`, file);
  return { ...judged(checked), ...about, evidence: evidenceOf(checked.report.evidence) };
}

function limitsOf({ options }: MonitorTask): SystemLimits {
  const parsed = parseSystemOptions(options);
  if ('options' in parsed) return parsed.options;
  const said = parsed.problems.map(({ option, what, remedy }) => `${option}: ${what}. ${remedy}`);
  throw new FailureError('InvalidRequest', said.join(' '));
}

async function baselineAt(s3: S3Client, prefix: string): Promise<SystemBaseline> {
  const found = await readJson<SystemBaseline>(s3, `${prefix}/${BASELINE_FILE}`);
  if (found?.schema === 1) return found;
  throw new FailureError('NotFound', `There is no ${BASELINE_FILE} of this version below ${prefix}.`);
}

function readingOf(
  { options }: MonitorTask,
  { baseline, evidence }: { readonly baseline: SystemBaseline; readonly evidence: ReadingFile['evidence'] }
): ReadingFile {
  const rows = { read: baseline.requests, used: baseline.requests };
  const { window } = baseline;
  return { schema: 1, monitor: 'system', options, columns: [], rows, window, issues: [], evidence };
}
