import type { MonitorResult, WindowOutcome } from '../rollout';
import { plain, plural } from './words';

/** `2026-11-29 01:00–02:00 UTC` */
export function windowText({ fromMs, toMs }: WindowOutcome['window']): string {
  const [from = '', to = ''] = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' '));
  const short = (text: string): string => (text.endsWith(':00') ? text.slice(0, -3) : text);
  const end = from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to;
  return `${short(from)} – ${short(end)} UTC`;
}

/** What a run of a monitor found, line by line: the verdict, what was violated, what was corrected, what followed. */
export function monitorLines(result: MonitorResult): readonly string[] {
  const { endpoint, monitor, kind, served, outcome, madeUpFor, corrections, candidates, consequences } = result;
  const about = served === null ? '' : ` of ${served.version}`;
  return [
    `${endpoint} ${monitor} (${kind}${about}), ${windowText(outcome.window)}: ${outcome.verdict}`,
    `  ${plain(outcome.reason)}`,
    `  ${plural(outcome.rows.used, 'row')} of ${outcome.rows.read} used${outcome.output === '' ? '' : `; ${outcome.output}`}`,
    ...violationLines(outcome),
    ...madeUpFor.map((one) => `  made up for ${windowText(one.window)}: ${one.verdict}: ${plain(one.reason)}`),
    ...corrections.map(
      (one) => `  corrected ${windowText(one.window)}: ${one.before} → ${one.after}: ${plain(one.reason)}`
    ),
    ...Object.entries(candidates).map(([name, one]) => `  candidate ${name}: ${one.verdict}: ${plain(one.reason)}`),
    ...consequences.map(({ policy, heldBack, what }) =>
      heldBack === null ? `  → ${plain(what)}` : `  no ${policy}: ${plain(heldBack)}`
    ),
  ];
}

/** A run on its page in the Temporal UI. */
export function monitorMarkdown(result: MonitorResult): string {
  const [head = '', ...lines] = monitorLines(result);
  return [`## ${head}`, '', ...lines.map((line) => `- ${line.trim()}`)].join('\n');
}

function violationLines({ violations, violationCount }: WindowOutcome): readonly string[] {
  const more = violationCount - violations.length;
  return [
    ...violations.map(({ subject, check, reason }) => `  ✗ ${plain(`${subject} ${check}: ${reason}`)}`),
    ...(more > 0 ? [`  and ${plural(more, 'violation')} more, in the report`] : []),
  ];
}
