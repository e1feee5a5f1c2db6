import type { Check } from '../../types';
import type { CheckContext } from './context';

/** Columns that the window lacks, and those that the baseline does not know. SageMaker only counts them; we name each. */
export function checkSchema(
  { rows }: CheckContext,
  baseline: readonly string[],
  live: readonly string[]
): readonly Check[] {
  // Without a row nobody knows which columns there would be.
  if (rows === 0) return [];
  const missing = baseline.filter((name) => !live.includes(name));
  const extra = live.filter((name) => !baseline.includes(name));
  const columns = `${live.length} columns, ${baseline.length} in the baseline`;
  const check = (subject: string, kind: 'missing' | 'extra'): Check => ({
    subject,
    check: `${kind}_column_check`,
    verdict: 'fail',
    value: live.length,
    interval: null,
    threshold: baseline.length,
    reason: kind === 'missing' ? `The column is missing: ${columns}` : `The baseline has no such column: ${columns}`,
  });
  if (missing.length + extra.length === 0)
    return [
      {
        subject: '(columns)',
        check: 'missing_column_check',
        verdict: 'pass',
        value: live.length,
        interval: null,
        threshold: baseline.length,
        reason: `${live.length} columns, as in the baseline`,
      },
    ];
  return [...missing.map((name) => check(name, 'missing')), ...extra.map((name) => check(name, 'extra'))];
}
