import { windowText } from '../monitor';
import { count, plural } from '../words';
import { budgetLines } from './budget';
import { byVerdict, countsText, worstPart } from './subjects';
import type { PagePart } from './types';

const MOST_CHECKS = 15;

/** The same for a pull request or a chat: verdict, what failed, what is wrong with the data, what is promised. */
export function monitorPageMarkdown({
  title,
  parts,
}: {
  readonly title: string;
  readonly parts: readonly PagePart[];
}): string {
  const worst = worstPart(parts)?.report.verdict ?? 'nothing was checked';
  return [`## ${cell(title)}: ${worst}`, ...parts.map(sectionOf)].join('\n\n') + '\n';
}

function sectionOf({ report }: PagePart): string {
  const { monitor, verdict, reason, rows, window, checks, issues } = report;
  const open = checks.filter((one) => one.verdict !== 'pass').sort(byVerdict);
  const shown = open.slice(0, MOST_CHECKS);
  const when = window === null ? '' : `, ${windowText(window)}`;
  return [
    `**${monitor}: ${verdict}.** ${cell(reason)}`,
    `${plural(rows.used, 'row')} judged of ${count(rows.read)} read${when}; checks: ${countsText(checks)}.`,
    ...table(
      ['', 'subject', 'check', 'why'],
      shown.map((one) => [one.verdict === 'fail' ? '✗' : '?', one.subject, one.check, one.reason])
    ),
    ...(open.length > shown.length ? [`and ${count(open.length - shown.length)} more.`] : []),
    ...table(
      ['wrong with the data', 'times', 'left out', 'first met'],
      issues.map(({ kind, count: times, unused, first }) => [
        kind,
        count(times),
        count(unused),
        `${first.source}${first.line === null ? '' : `:${first.line}`}`,
      ])
    ),
    budgetLines(report).join(' '),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [[line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')];
}

/** One line that no table, mark-up or mention is made of. */
function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/([\\|*_`<>[\]#@~])/g, '\\$1');
}
