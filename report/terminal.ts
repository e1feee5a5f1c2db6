import { createColors } from 'picocolors';
import { ACCOUNT_HEAD, accountRows } from './accounts';
import { comparedLines } from './compared';
import { segmentLines } from './segments';
import { ends, lengthOf, wrap } from './layout';
import { LABEL_CELLS, labelled } from './page';
import type { Page, Paint } from './page';
import { guardLines, ladderLines, shareLines } from './terminal-evidence';
import type { Mood, RolloutView } from './view';
import { columns } from './table';
import { clock, duration, sentence } from './words';

export interface TerminalOptions {
  /** Columns; below 40 it is laid out for 40. */
  readonly width: number;
  readonly color: boolean;
  /** Lines of the log at the end; by default 6. */
  readonly timeline?: number;
  /** Whether margins and forecasts are shown while it runs; by default they are. */
  readonly plan?: boolean;
}

/** The view as lines for a terminal. Every state has its own word and mark: colours only repeat what is written. */
export function renderTerminal(view: RolloutView, options: TerminalOptions): readonly string[] {
  const page: Page = { width: Math.max(40, options.width), colors: createColors(options.color) };
  const blocks = [
    title(view, page),
    outcomeLines(view, page),
    [...ladderLines(view, page), ...shareLines(view, page)],
    armLines(view, page),
    view.guards.flatMap((guard) => guardLines(guard, page)),
    comparedBlock(view, page),
    segmentBlock(view, page),
    nextLines(view, page),
    [...approvalLines(view, page), ...stopLines(view, page)],
    options.plan === false ? [] : planLines(view, page),
    accountLines(view, page),
    timelineLines(view, { page, lines: options.timeline ?? 6 }),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function title(view: RolloutView, { width, colors }: Page): readonly string[] {
  const age = duration((view.endedAtMs ?? view.nowMs) - view.startedAtMs);
  const plan = view.plan === null ? '' : `plan ${view.plan.digest.slice(0, 12)}, `;
  return [
    ...wrap(view.headline, width).map((line) => colors.bold(paintOf(view.mood, colors)(line))),
    colors.dim(ends(view.id, { right: `${plan}${view.endedAtMs === null ? `${age} so far` : `took ${age}`}`, width })),
  ];
}

function outcomeLines(view: RolloutView, { width, colors }: Page): readonly string[] {
  if (view.outcome !== null) return wrap(view.outcome.sentence, width);
  if (view.abortPending === null) return [];
  return wrap(`Abort accepted. ${view.abortPending}`, width).map(colors.yellow);
}

function segmentBlock({ segments, outcome }: RolloutView, page: Page): readonly string[] {
  if (segments.length === 0 || outcome !== null) return [];
  const lines = segmentLines(segments).flatMap((line) => wrap(line, page.width - LABEL_CELLS));
  return labelled('Segments', lines, page);
}

function comparedBlock({ compared }: RolloutView, page: Page): readonly string[] {
  if (compared.length === 0) return [];
  const lines = comparedLines(compared).flatMap((line) => wrap(line, page.width - LABEL_CELLS));
  return labelled('Pairs', lines, page);
}

function nextLines(view: RolloutView, page: Page): readonly string[] {
  if (view.outcome !== null) return [];
  const { deadline } = view.next;
  const by = deadline === null ? '' : ` By ${pointInTime(deadline.atMs, view.nowMs)} at the latest ${deadline.then}.`;
  return labelled('Next', wrap(view.next.text + by, page.width - LABEL_CELLS), page);
}

function approvalLines(view: RolloutView, page: Page): readonly string[] {
  const { approval } = view;
  if (approval === null) return [];
  const texts = [
    ...wrap(approval.question, page.width - LABEL_CELLS).map(page.colors.bold),
    ...approval.given.flatMap((given) => wrap(`approved by ${given}`, page.width - LABEL_CELLS)),
  ];
  // Commands stand alone on their line, unbroken, so that they can be copied.
  return [
    ...labelled('Wanted', texts, page),
    ...[approval.approveCommand, approval.rejectCommand].map((line) => `  ${page.colors.cyan(line)}`),
  ];
}

function stopLines({ abortCommand }: RolloutView, page: Page): readonly string[] {
  return abortCommand === null ? [] : labelled('Stop it', [page.colors.cyan(abortCommand)], page);
}

function planLines({ plan, outcome }: RolloutView, page: Page): readonly string[] {
  if (plan === null || outcome !== null || plan.margins.length === 0) return [];
  const texts = [...plan.margins, ...plan.forecasts];
  return labelled(
    'Plan',
    texts.flatMap((text) => wrap(text, page.width - LABEL_CELLS)),
    page
  );
}

/** Candidates side by side, where there are several. */
function armLines({ arms }: RolloutView, page: Page): readonly string[] {
  if (arms.length < 2) return [];
  const texts = arms.flatMap(({ name, standing, why }) =>
    wrap(`${name}: ${standing}${why === null ? '' : `. ${sentence(why)}`}`, page.width - LABEL_CELLS)
  );
  return labelled('Arms', texts, page);
}

/** Where the time went, once it has ended. */
function accountLines({ accounts, outcome, cost }: RolloutView, page: Page): readonly string[] {
  if (outcome === null || accounts.length === 0) return [];
  const room = page.width - LABEL_CELLS;
  const lines = columns([ACCOUNT_HEAD, ...accountRows(accounts)]);
  const table = lines.some((line) => lengthOf(line) > room) ? narrowAccounts(accounts, room) : lines;
  return [...labelled('Time', table, page), ...(cost === null ? [] : labelled('Cost', wrap(cost, room), page))];
}

function narrowAccounts(accounts: RolloutView['accounts'], room: number): readonly string[] {
  return accountRows(accounts).flatMap(([label, judged, people, aws, extra, cost]) =>
    wrap(`${label}: judged ${judged}, people ${people}, AWS ${aws}, extra instances ${extra}, their cost ${cost}`, room)
  );
}

function timelineLines(view: RolloutView, input: { readonly page: Page; readonly lines: number }): readonly string[] {
  const { width, colors } = input.page;
  return view.timeline.slice(-input.lines || view.timeline.length).flatMap(({ atMs, text }) => {
    const at = clock(atMs, view.nowMs);
    return wrap(sentence(text), width - lengthOf(at) - 2).map(
      (line, index) => `${index === 0 ? colors.dim(at) : ' '.repeat(lengthOf(at))}  ${line}`
    );
  });
}

/** `14:32:10 UTC (in 2m5s)`. */
function pointInTime(atMs: number, nowMs: number): string {
  const distance = atMs >= nowMs ? `in ${duration(atMs - nowMs)}` : `${duration(nowMs - atMs)} ago`;
  return `${clock(atMs, nowMs)} UTC (${distance})`;
}

function paintOf(mood: Mood, colors: Page['colors']): Paint {
  switch (mood) {
    case 'working':
      return (text) => text;
    case 'waiting':
      return colors.cyan;
    case 'good':
      return colors.green;
    case 'turned':
      return colors.yellow;
    case 'alarm':
      return colors.red;
  }
}
