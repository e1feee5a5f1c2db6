import { bar, ends, lengthOf, wrap } from './layout';
import { LABEL_CELLS, labelled } from './page';
import type { Page, Paint } from './page';
import type { GuardView, LadderStep, RolloutView } from './view';
import { count, percent, sentence } from './words';

/** Cells of a bar for shares, and of one for evidence. */
const SHARE_BAR = 24;
const NARROW_SHARE_BAR = 12;
const EVIDENCE_BAR = 10;

const MARKS: Readonly<Record<LadderStep['state'], string>> = {
  done: '✓',
  current: '▶',
  next: '○',
  stopped: '✗',
  skipped: '–',
};

/** The planned steps, each with its mark. */
export function ladderLines(view: RolloutView, page: Page): readonly string[] {
  const paints: Readonly<Record<LadderStep['state'], Paint>> = {
    done: page.colors.green,
    current: page.colors.bold,
    next: (text) => text,
    stopped: page.colors.red,
    skipped: page.colors.dim,
  };
  const lines: LadderStep[][] = [[]];
  let used = LABEL_CELLS;
  for (const step of view.ladder) {
    const length = lengthOf(step.label) + 5;
    if (used + length > page.width && used > LABEL_CELLS) {
      lines.push([]);
      used = LABEL_CELLS;
    }
    lines.at(-1)?.push(step);
    used += length;
  }
  const texts = lines.map((steps) =>
    steps.map((step) => paints[step.state](`${MARKS[step.state]} ${step.label}`)).join('   ')
  );
  return labelled('Ladder', texts, page);
}

/** The share that was set, and the one that was counted. */
export function shareLines({ share, outcome }: RolloutView, page: Page): readonly string[] {
  const total = share.candidate + share.incumbent;
  const requests = total === 0 ? '' : `  ${count(share.candidate)} of ${count(total)} requests`;
  const cells = page.width < 60 ? NARROW_SHARE_BAR : SHARE_BAR;
  const line = (label: string, pct: number): string => `${label.padEnd(7)}${bar(pct / 100, cells)} ${percent(pct)}`;
  // What the last look counted is history once it has ended.
  if (outcome !== null) return labelled('Share', [fit(line('set', share.setPct), { more: requests, page })], page);
  const actual =
    share.actualPct === null
      ? 'actual not yet counted'
      : // Of the last look; the requests beside it are all that there were.
        fit(`${line('actual', share.actualPct)} now`, { more: requests, page });
  return labelled('Share', [line('set', share.setPct), actual], page);
}

/** Adds what is good to know where there is room for it. */
function fit(text: string, input: { readonly more: string; readonly page: Page }): string {
  return LABEL_CELLS + lengthOf(text) + lengthOf(input.more) <= input.page.width ? text + input.more : text;
}

const VERDICT_MARKS: Readonly<Record<GuardView['verdict'], string>> = {
  pass: '✓',
  fail: '✗',
  inconclusive: '…',
  error: '!',
};

/** A guard's verdict, its reason, and how far the evidence has come towards either decision. */
export function guardLines(guard: GuardView, page: Page): readonly string[] {
  const { width, colors } = page;
  const paints: Readonly<Record<GuardView['verdict'], Paint>> = {
    pass: colors.green,
    fail: colors.red,
    inconclusive: (text) => text,
    error: colors.yellow,
  };
  const kind = `${guard.class}${guard.required ? '' : ', not required'}`;
  const head = ends(`${VERDICT_MARKS[guard.verdict]} ${guard.name}: ${guard.verdict}`, { right: kind, width });
  const evidence = `to fail ${evidenceBar(guard.towardsFail)}   to pass ${evidenceBar(guard.towardsPass)}`;
  const more =
    guard.verdict === 'inconclusive' && guard.moreTrials !== null
      ? `   about ${count(guard.moreTrials)} more needed`
      : '';
  const isRoomy = 2 + lengthOf(evidence) <= width;
  return [
    paints[guard.verdict](head),
    ...wrap(sentence(guard.sentence), width - 2).map((line) => `  ${line}`),
    ...(isRoomy
      ? [`  ${2 + lengthOf(evidence) + lengthOf(more) <= width ? evidence + more : evidence}`]
      : evidence.split('   ').map((line) => `  ${line}`)),
  ];
}

/** Rounded down: 100 % must mean that the evidence suffices. */
function evidenceBar(fraction: number): string {
  return `${bar(fraction, EVIDENCE_BAR)} ${`${Math.floor(fraction * 100)} %`.padStart(5)}`;
}
