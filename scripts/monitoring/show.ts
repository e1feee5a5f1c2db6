import type { DataIssue } from '../../monitors/data/types';
import type { Check, MonitorReport } from '../../monitors/types';
import { count, plural } from '../../report/words';
import { table } from '../table';

/** How many violations are printed; the report has all. */
const SHOWN = 20;

/** The lines of one check: what came of it, what failed and with which numbers, what could not be decided, what was wrong with the data. */
export function checkLines(report: MonitorReport): readonly string[] {
  const { monitor, verdict, reason, rows, window, checks, issues } = report;
  const of = (kind: Check['verdict']) => checks.filter((check) => check.verdict === kind);
  const counts = (['fail', 'error', 'inconclusive', 'pass'] as const).flatMap((kind) => {
    const n = of(kind).length;
    return n === 0 ? [] : [`${n} ${kind}`];
  });
  const when = window === null ? '' : `, ${timeOf(window.fromMs)} to ${timeOf(window.toMs)}`;
  return [
    `${monitor}: ${verdict.toUpperCase()}  ${reason}`,
    `  ${plural(rows.used, 'row')} judged of ${count(rows.read)} read${when}; checks: ${counts.join(', ') || 'none'}`,
    ...section('failed', of('fail')),
    ...section('not decided', [...of('error'), ...of('inconclusive')]),
    ...issueLines(issues),
  ];
}

export function issueLines(issues: readonly DataIssue[]): readonly string[] {
  if (issues.length === 0) return [];
  const rows = issues.map(({ kind, count: times, unused, first }) => [
    `  ${kind}`,
    count(times),
    unused === 0 ? 'used' : unused === times ? 'left out' : `${count(unused)} left out`,
    `${first.source}${first.line === null ? '' : `:${first.line}`}${first.note === undefined ? '' : ` (${first.note})`}`,
  ]);
  return ['', ...table(['  in the data', 'times', '', 'first met'], rows)];
}

function section(title: string, checks: readonly Check[]): readonly string[] {
  if (checks.length === 0) return [];
  const shown = checks.slice(0, SHOWN).map(({ subject, check, reason }) => `    ${subject}  ${check}: ${reason}`);
  const more = checks.length > SHOWN ? [`    … and ${checks.length - SHOWN} more: --json`] : [];
  return ['', `  ${title}:`, ...shown, ...more];
}

function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
