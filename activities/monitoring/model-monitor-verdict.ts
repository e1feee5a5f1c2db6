import type { S3Client } from '@aws-sdk/client-s3';
import { FailureError } from '../../sagemaker/faults';
import { readJson } from './keep';
import type { MonitorOutcome } from './types';

const LISTED_VIOLATIONS = 20;

/** Members that Model Monitor's files have, as far as they are read. */
interface Statistics {
  readonly dataset?: { readonly item_count?: number };
}
interface Violations {
  readonly violations?: readonly {
    readonly feature_name?: string;
    readonly metric_name?: string;
    readonly constraint_check_type?: string;
    readonly description?: string;
  }[];
}

type Told = Omit<MonitorOutcome, 'monitor' | 'output' | 'evidence'>;

/**
 * What the files of a job say, in the words of every engine. `said` is its exit message. Model Monitor counts rows that it read, none that it
 * left out, and has no minimum of rows: with few of them its verdict is its own. Rejects with `NotFound` where its statistics are missing.
 */
export async function readModelMonitor(
  s3: S3Client,
  { output, said, isBaseline }: { readonly output: string; readonly said: string; readonly isBaseline: boolean }
): Promise<Told> {
  const statistics = await readJson<Statistics>(s3, `${output}/statistics.json`);
  const count = statistics?.dataset?.item_count;
  if (count === undefined) throw new FailureError('NotFound', `${output}/statistics.json does not say how many rows were read: ${said}`); // prettier-ignore
  const found = isBaseline ? null : await readJson<Violations>(s3, `${output}/constraint_violations.json`);
  const violations = (found?.violations ?? []).map((one) => ({
    subject: one.feature_name ?? one.metric_name ?? '',
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
