import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { hourPrefixes, parseS3Location } from '../../gateway/s3-location';
import { columnsOf, datasetAsData, optionsFor } from '../../rollout';
import type { MonitorRequest, Window } from '../../rollout';
import { ripeningOf } from '../../spec/ripening';
import { listBelow, noneWithoutBucket } from './listing';
import type { Lister } from './listing';
import { evidenceOf, listData } from './objects';
import type { JudgedModel } from './run-types';
import type { MonitorTask } from './types';

/** What an analyzer is asked to do about one window of one model. */
export function taskFor(
  { monitor, of }: Pick<MonitorRequest, 'monitor' | 'of'>,
  about: { readonly target: JudgedModel; readonly window: Window; readonly output: string }
): MonitorTask {
  const columns = columnsOf(monitor, of);
  return {
    monitor: monitor.kind,
    options: optionsFor(monitor, of),
    data: { kind: 'captures', to: of.capture.to, endpoint: of.endpoint, variants: [about.target.variant] },
    reading: columns === null ? {} : { paths: columns },
    window: about.window,
    baseline: monitor.baseline ?? about.target.baseline,
    output: about.output,
  };
}

/**
 * What the baseline of a monitor is made of that needs the hosted model: the training data where Clarify explains them, else the window itself.
 */
export function baselineTaskFor(request: MonitorRequest, about: Parameters<typeof taskFor>[1]): MonitorTask {
  const { monitor, of } = request;
  const task = { ...taskFor(request, about), baseline: null };
  const { data } = of.baseline;
  if (monitor.engine !== 'modelMonitor' || data === undefined) return task;
  const { dataset, label, prediction } = data;
  const excluded = [label, prediction].filter((name) => name !== undefined);
  const given = task.options['excluded_columns'];
  return {
    ...task,
    options: {
      ...task.options,
      excluded_columns: [...(Array.isArray(given) ? (given as readonly string[]) : []), ...excluded],
    },
    data: datasetAsData(dataset),
    reading: { hasHeader: true },
    window: null,
  };
}

/** What a window rests on now: its captured records, and the labels or business events that have come for them. */
export async function evidenceNow(
  { s3, list = (at) => listBelow(s3, at) }: { readonly s3: S3Client; readonly list?: Lister },
  request: MonitorRequest,
  task: Pick<MonitorTask, 'data' | 'window'>
): Promise<string> {
  const { sha256 } = evidenceOf((await listData(s3, task, list)).map(({ key }) => key));
  const { window } = task;
  const { monitor, of } = request;
  const { events, ...options } = optionsFor(monitor, of);
  // SageMaker joins labels for bias, too.
  const joins = monitor.engine === 'modelMonitor' && monitor.kind === 'bias';
  const groundTruth = joins ? of.groundTruth?.from : options['groundTruth'];
  if (window === null) return sha256;
  const hash = createHash('sha256').update(sha256);
  const untilMs = window.toMs + request.monitor.lateMs;
  // An event may happen so long after its call.
  const ripening = ripeningOf(request.monitor, request.of.groundTruth);
  const sides = [
    ...(typeof groundTruth === 'string' ? [{ from: groundTruth, toMs: untilMs }] : []),
    ...(typeof events === 'string' ? [{ from: events, toMs: untilMs + (ripening?.ms ?? 0) }] : []),
  ];
  if (sides.length === 0) return sha256;
  for (const { from, toMs } of sides) hash.update(await linesOf(list, from, { fromMs: window.fromMs, toMs }));
  return hash.digest('hex');
}

/** Labels and events lie by the hour in which they were collected, which is not before that of the inference. */
async function linesOf(list: Lister, from: string, window: Window): Promise<string> {
  const { bucket, prefix } = parseS3Location(from);
  const keys: string[] = [];
  for (const folder of hourPrefixes({ prefix, folder: '', ...window })) {
    const listed = await list({ bucket, prefix: folder }).catch(noneWithoutBucket);
    for (const { objectKey, arrivedMs } of listed) keys.push(`${objectKey} ${arrivedMs}`);
  }
  return keys.join('\n');
}
