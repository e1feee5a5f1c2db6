import { comparedLines } from './compared';
import { segmentLines } from './segments';
import type { GuardView, LadderStep, RolloutView } from './view';
import { clip, clock, count, percent, sentence } from './words';

/** Log lines on the page; the whole log is in the state query. */
const TIMELINE_LINES = 8;
/** Temporal cuts summaries at 120 characters on its timeline. */
const SUMMARY_LENGTH = 120;

/**
 * The view as Markdown for Temporal's workflow page (`setCurrentDetails`): tables and links work there, HTML does not. The page stands
 * until the next change, so it gives points in time and never "in five minutes".
 */
export function toMarkdown(view: RolloutView): string {
  const blocks = [
    `**${escapeMarkdown(view.headline)}**`,
    alarmBlock(view),
    `${ladderLine(view.ladder)}\n\n${shareLine(view)}`,
    guardTable(view.guards),
    comparedBlock(view.compared),
    segmentBlock(view.segments),
    nextBlock(view),
    approvalBlock(view),
    planLine(view),
    timelineBlock(view),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** The rollout as one line, for the summary that lists show (`staticSummary`). */
export function summaryLine(view: RolloutView): string {
  const over = view.incumbent === null ? '' : ` over ${view.incumbent}`;
  const steps = view.ladder.map(({ label }) => label).filter((label) => label !== 'prepare');
  return clip(`${view.candidate}${over} on ${view.endpoint}: ${steps.join(' → ')}`, SUMMARY_LENGTH);
}

function alarmBlock(view: RolloutView): string {
  if (view.outcome !== null) return escapeMarkdown(view.outcome.sentence);
  return view.abortPending === null ? '' : `**Abort accepted.** ${escapeMarkdown(view.abortPending)}`;
}

const MARKS: Readonly<Record<LadderStep['state'], string>> = {
  done: '✓',
  current: '▶',
  next: '○',
  stopped: '✗',
  skipped: '–',
};

function ladderLine(ladder: readonly LadderStep[]): string {
  return ladder
    .map((step) =>
      step.state === 'current'
        ? `**${MARKS.current} ${escapeMarkdown(step.label)}**`
        : `${MARKS[step.state]} ${escapeMarkdown(step.label)}`
    )
    .join(' · ');
}

function shareLine({ share, candidate }: RolloutView): string {
  const actual = share.actualPct === null ? 'not yet counted' : `actual ${percent(share.actualPct)} at the last look`;
  const requests = share.candidate + share.incumbent;
  const counted = requests === 0 ? '' : ` (${count(share.candidate)} of ${count(requests)} requests so far)`;
  return `Share of ${escapeMarkdown(candidate)}: set ${percent(share.setPct)}, ${actual}${counted}`;
}

/** Numbers in a table, sentences below it: the page gives the details half its width, too little for a column of prose. */
function guardTable(guards: readonly GuardView[]): string {
  if (guards.length === 0) return '';
  const rows = guards.map((guard) => {
    const name = `${escapeMarkdown(guard.name)} (${guard.class}${guard.required ? '' : ', not required'})`;
    return `| ${name} | ${verdictText(guard)} | ${wealth(guard.towardsFail)} | ${wealth(guard.towardsPass)} |`;
  });
  const reasons = guards.map((guard) => `- **${escapeMarkdown(guard.name)}**: ${escapeMarkdown(guard.sentence)}`);
  return ['| guard | verdict | evidence to fail | to pass |', '|---|---|---|---|', ...rows, '', ...reasons].join('\n');
}

function verdictText({ verdict }: GuardView): string {
  return verdict === 'inconclusive' ? verdict : `**${verdict}**`;
}

/** Rounded down: 100 % must mean that the evidence suffices. */
function wealth(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

function comparedBlock(compared: RolloutView['compared']): string {
  if (compared.length === 0) return '';
  const rows = comparedLines(compared).map((line) => `- ${escapeMarkdown(line)}`);
  return ['Answers to the same requests:', '', ...rows].join('\n');
}

function segmentBlock(segments: RolloutView['segments']): string {
  if (segments.length === 0) return '';
  const rows = segmentLines(segments).map((line) => `- ${escapeMarkdown(line)}`);
  return ['Shares by segment:', '', ...rows].join('\n');
}

function nextBlock({ next, nowMs, outcome }: RolloutView): string {
  if (outcome !== null) return '';
  const deadline =
    next.deadline === null
      ? ''
      : ` By ${clock(next.deadline.atMs, nowMs)} UTC at the latest ${escapeMarkdown(next.deadline.then)}.`;
  return `**Next:** ${escapeMarkdown(next.text)}${deadline}`;
}

function approvalBlock({ approval, nowMs }: RolloutView): string {
  if (approval === null) return '';
  const given = approval.given.map((text) => `- approved by ${escapeMarkdown(text)}`);
  const asked = `**Wanted:** ${escapeMarkdown(approval.question)} By ${escapeMarkdown(approval.by)}, until ${clock(approval.untilMs, nowMs)} UTC; otherwise ${approval.otherwise}.`;
  const hint =
    'Or send the signal `approve` or `reject` on this page with `{"who": "you", "why": "numbers look right"}`.';
  return [asked, ...given, '', '```', approval.approveCommand, approval.rejectCommand, '```', hint].join('\n');
}

function planLine({ plan, outcome }: RolloutView): string {
  if (plan === null) return '';
  const forecasts = outcome === null ? [...plan.margins, ...plan.forecasts] : [];
  return [
    `Plan \`${plan.digest.slice(0, 12)}\`, fixed before the first request to the candidate.`,
    ...forecasts.map((line) => `- ${escapeMarkdown(line)}`),
  ].join('\n');
}

function timelineBlock({ timeline, nowMs }: RolloutView): string {
  const shown = timeline.slice(-TIMELINE_LINES);
  return shown
    .map(({ atMs, text }) => `- \`${clock(atMs, nowMs)}\` ${escapeMarkdown(sentence(clip(text, 200)))}`)
    .join('\n');
}

/** Makes text harmless in a paragraph and in a table cell. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|~#]/g, '\\$&');
}
