import { createColors } from 'picocolors';
import { bar, ends, lengthOf, wrap } from './layout';
import type { PlanFinding, PlannedChange, PlannedStep, RolloutPlanView } from './plan-view';
import { columns } from './table';
import { count, duration, money, percent, plural } from './words';

const SHARE_CELLS = 20;
const NARROW_CELLS = 8;

const MARKS: Readonly<Record<PlannedChange['change'], string>> = {
  creates: '+',
  changes: '~',
  keeps: '=',
  deletes: '-',
};

/** The plan as lines for a terminal, at most `width` wide. Colours only repeat what is written. */
export function renderPlan(
  view: RolloutPlanView,
  options: { readonly width: number; readonly color: boolean }
): readonly string[] {
  const { bold, dim, red, yellow } = createColors(options.color);
  const width = Math.max(60, options.width);
  const paints = { error: red, warning: yellow, note: (text: string) => text } as const;
  const blocks: readonly (readonly string[])[] = [
    [...wrap(`Plan: ${view.headline}`, width).map(bold), dim(ends(view.file, { right: 'nothing was changed', width }))],
    ['Endpoint', ...view.changes.flatMap((change) => changeLines(change, width))],
    ['Traffic over time', ...wrap(view.basis, width - 2).map((line) => `  ${line}`), ...stepLines(view, width)],
    view.power.length === 0 ? [] : ['What it can show', ...bullets(view.power, width)],
    ['Cost', ...bullets(costTexts(view), width)],
    ['Way back', ...bullets([view.wayBack], width)],
    view.findings.length === 0
      ? ['Nothing to object.']
      : ['Findings', ...view.findings.flatMap((one) => findingLines(one, width).map(paints[one.level]))],
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function changeLines({ change, when, what }: PlannedChange, width: number): readonly string[] {
  const head = `  ${MARKS[change]} ${change.padEnd(8)}`;
  const late = when === 'now' ? '' : ` (${when})`;
  return hanging(head, `${what}${late}`, width);
}

function stepLines({ steps, total }: RolloutPlanView, width: number): readonly string[] {
  const table = (cells: number): readonly string[] =>
    columns([
      ['  from', 'step', 'candidates’ share', 'takes', 'instances'],
      ...steps.map((step) => [
        `  +${duration(step.fromMs)}`,
        step.label,
        `${bar(step.sharePct / 100, cells)} ${shareText(step)}`,
        takesText(step),
        step.instances,
      ]),
    ]);
  // The picture gives way to the numbers: a row that is broken is no row.
  const wide = table(SHARE_CELLS);
  const lines = wide.every((line) => lengthOf(line) <= width) ? wide : table(NARROW_CELLS);
  return [
    ...lines.flatMap((line, i) => [
      ...(lengthOf(line) <= width ? [line] : wrap(line.trim(), width - 4).map((part) => `    ${part}`)),
      ...transitionLines(steps[i - 1], width),
    ]),
    ...bullets(
      [
        `In all ~${duration(total.expectedMs)}, at most ${duration(total.atMostMs)} if evidence and people take all their time. A fleet change is taken as 5m, a weight change as 1m; people as at once.`,
        `${plural(total.looks, 'look')} at the evidence, about ${count(total.actions)} Temporal actions (heartbeats and retries apart); at most ${plural(total.peak, 'instance')} at once.`,
      ],
      width
    ),
  ];
}

function takesText({ expectedMs, atMostMs, isLate }: PlannedStep): string {
  if (isLate && atMostMs !== null) return `all of its ${duration(atMostMs)}`;
  return `~${duration(expectedMs)}${atMostMs === null ? '' : `, at most ${duration(atMostMs)}`}`;
}

function transitionLines(step: PlannedStep | undefined, width: number): readonly string[] {
  if (step?.transition === undefined || step.transition === null) return [];
  const { topology, peak, wayBack } = step.transition;
  return hanging('      ↳ ', `fleet change ${topology}, up to ${peak} instances; way back: ${wayBack}`, width);
}

function shareText({ sharePct, copyPct }: PlannedStep): string {
  return copyPct > 0 && sharePct === 0 ? `copies of ${percent(copyPct)}` : percent(sharePct);
}

function costTexts({ cost }: RolloutPlanView): readonly string[] {
  const hours = cost.instanceHours.map(
    ({ type, expected, atMost }) => `${decimal(expected)} h of ${type} (at most ${decimal(atMost)} h)`
  );
  const { extra, unknown, perHour, basis } = cost;
  return [
    ...(hours.length === 0 ? [] : [`Beside the fleet that serves anyway: ${hours.join(', ')}.`]),
    ...(extra === null
      ? []
      : [`That is about ${money(extra.expected)} ${extra.currency}, at most ${money(extra.atMost)} (${basis}).`]),
    ...(perHour.after === null
      ? []
      : [
          `The endpoint costs ${perHour.before === null ? '' : `${money(perHour.before)} ${perHour.currency} an hour now, and `}${money(perHour.after)} ${perHour.currency} an hour after it (${basis}).`,
        ]),
    ...(unknown.length === 0 ? [] : [`Price unknown: ${unknown.join(', ')} (${basis}).`]),
  ];
}

function findingLines({ level, place, what, remedy }: PlanFinding, width: number): readonly string[] {
  const where = place === '' ? '' : `${place}: `;
  return hanging(`  ${level.toUpperCase().padEnd(8)}`, `${where}${what}${remedy === '' ? '' : ` ${remedy}`}`, width);
}

function bullets(texts: readonly string[], width: number): readonly string[] {
  return texts.flatMap((text) => hanging('  - ', text, width));
}

/** Text behind a head, its further lines below the text. */
function hanging(head: string, text: string, width: number): readonly string[] {
  const cells = lengthOf(head);
  return wrap(text, width - cells).map((line, i) => (i === 0 ? head : ' '.repeat(cells)) + line);
}

function decimal(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(1) : count(value);
}
