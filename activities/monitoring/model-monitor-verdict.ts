import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { FailureError } from '../../sagemaker/faults';
import { readJson } from './keep';
import { foreignKind } from './model-monitor-kinds';
import type { ListedObject } from './listing';
import type { JobTask, MonitorOutcome } from './types';

const LISTED_VIOLATIONS = 20;

/** Members that SageMaker's files have, as far as they are read. */
interface Statistics {
  readonly dataset?: { readonly item_count?: number };
}
interface Violation {
  readonly feature_name?: string;
  readonly metric_name?: string;
  readonly facet?: string;
  readonly facet_value?: string;
  readonly label?: string;
  readonly constraint_check_type?: string;
  readonly description?: string;
}

type Told = Omit<MonitorOutcome, 'monitor' | 'output' | 'evidence'>;

/**
 * What the files of a job say, in the words of every engine. `said` is its exit message, `read` what it was given. Model Monitor counts rows that it
 * read, none that it left out, and has no minimum of rows: with few of them its verdict is its own. Rejects with `NotFound` where its files are
 * missing.
 */
export async function readModelMonitor(
  s3: S3Client,
  task: JobTask,
  { said, read }: { readonly said: string; readonly read: readonly ListedObject[] }
): Promise<Told> {
  const { output } = task;
  const isBaseline = task.baseline === null;
  const count = await rowsOf(s3, task, { said, read });
  const found = isBaseline
    ? null
    : await readJson<{ readonly violations?: readonly Violation[] }>(s3, `${output}/constraint_violations.json`);
  const violations = (found?.violations ?? []).map((one) => ({
    subject: subjectOf(one),
    check: one.constraint_check_type ?? '',
    reason: one.description ?? '',
  }));
  // Violations that are told but not written are violations, too.
  const isViolated = violations.length > 0 || (!isBaseline && said.startsWith('CompletedWithViolations'));
  const common = { rows: { read: count, used: count }, issueCounts: {}, carry: null };
  if (count === 0)
    return { ...common, verdict: 'inconclusive', reason: 'no row was read', violations: [], violationCount: 0 };
  return {
    ...common,
    verdict: isViolated ? 'fail' : 'pass',
    reason: isBaseline ? `a baseline of ${count} rows` : reasonOf(violations, { count, isViolated, said }),
    violations: violations.slice(0, LISTED_VIOLATIONS),
    violationCount: Math.max(violations.length, isViolated ? 1 : 0),
  };
}

/** `sex=f DPPL` of bias, `label0` of attributions. */
function subjectOf({ feature_name, metric_name = '', facet, facet_value, label }: Violation): string {
  if (facet !== undefined) return `${facet}=${facet_value ?? ''} ${metric_name}`;
  return feature_name ?? label ?? metric_name;
}

/** Clarify's files do not say how many rows there were: its records are counted where they lie. */
async function rowsOf(
  s3: S3Client,
  { monitor, output, window, data, reading }: JobTask,
  { said, read }: { readonly said: string; readonly read: readonly ListedObject[] }
): Promise<number> {
  if (foreignKind({ monitor }).image === 'analyzer') {
    const statistics = await readJson<Statistics>(s3, `${output}/statistics.json`);
    const count = statistics?.dataset?.item_count;
    if (count === undefined) throw new FailureError('NotFound', `${output}/statistics.json does not say how many rows were read: ${said}`); // prettier-ignore
    return count;
  }
  if ((await readJson<unknown>(s3, `${output}/analysis.json`)) === null)
    throw new FailureError('NotFound', `${output}/analysis.json is missing: ${said}`);
  let count = 0;
  for (const { bucket, objectKey } of read) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
    for await (const line of createInterface({ input: Body as Readable, crlfDelay: Infinity }))
      if (line.trim() !== '' && isWithin(line, window)) count += 1;
  }
  const hasHeader = data.kind === 'objects' && data.format === 'csv' && reading.hasHeader !== false;
  return hasHeader ? Math.max(0, count - read.length) : count;
}

function isWithin(line: string, window: JobTask['window']): boolean {
  if (window === null) return true;
  const atMs = Date.parse(/"inferenceTime"\s*:\s*"([^"]+)"/.exec(line)?.[1] ?? '');
  return atMs >= window.fromMs && atMs < window.toMs;
}

function reasonOf(
  violations: Told['violations'],
  { count, isViolated, said }: { readonly count: number; readonly isViolated: boolean; readonly said: string }
): string {
  if (!isViolated) return `no violation in ${count} rows`;
  const [first] = violations;
  if (first === undefined) return said;
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
  return `${first.subject}: ${first.check}${more}, in ${count} rows. ${first.reason}`;
}
